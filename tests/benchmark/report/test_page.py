from __future__ import annotations

import base64
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from samiam.benchmark.report.page import as_html, link, literal, picture, plain, table, write_pages


class Parsed(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def html_of(text: str, folder: Path = Path()) -> str:
    contents, body = as_html(text, folder)
    return str(contents + body)


def test_a_table_comes_back_from_html() -> None:
    found = pd.DataFrame({"name": ["a|b", None], "miou": [0.12345, float("nan")], "masks": [3, 12]})
    text = table(found, {"masks": 0}, {"masks": [False, True], "miou": [True, True]})
    page = html_of(f"{text}\n")
    assert '<div class="table"><table>' in page
    parsed = Parsed(page)
    assert [cell for cell in parsed.text.split("\n") if cell.strip()] == [
        *("name", "miou", "masks", "a|b", "0.123", "3", "12")
    ]
    cells = [tag for tag, _ in parsed.tags if tag in ("th", "td")]
    assert (cells.count("th"), cells.count("td")) == (3, 6)
    assert [tag for tag, _ in parsed.tags].count("strong") == 2, "what is not there is not bold"


@pytest.mark.parametrize("text", ["<b>&amp;</b> *x* [y](z) `c`", "a\\*b", "one | two", "snake_case_name"])
@pytest.mark.parametrize("shown", [plain, literal])
def test_a_message_means_nothing_to_markdown_or_html(text: str, shown: object) -> None:
    parsed = Parsed(html_of(f"- said: {shown(text)}"))  # type: ignore[operator]
    allowed = {"div", "ul", "li"} | ({"code"} if shown is literal else set())
    assert {tag for tag, _ in parsed.tags} == allowed
    assert f"said: {text.replace('`', chr(39)) if shown is literal else text}" in parsed.text


def test_a_message_is_one_line() -> None:
    assert plain("one\n two") == "one two"
    assert literal("one\n two") == "`one two`"


def test_pictures_are_within_the_page_whatever_they_are_called(tmp_path: Path) -> None:
    assert link(tmp_path / "logs" / "a b.csv", tmp_path, "log") == "[log](logs/a%20b.csv)"
    assert picture(tmp_path / "run" / "a.png", tmp_path / "report", "a") == "![a](../run/a.png)"
    place = tmp_path / "a (1)_b_&.png"
    Image.new("RGB", (3000, 20), "red").save(place)
    page = Parsed(html_of(picture(place, tmp_path, 'a [1]_b_ "&'), tmp_path))
    (shown,) = [attributes for tag, attributes in page.tags if tag == "img"]
    assert (shown["alt"], shown["width"]) == ('a [1]_b_ "&', "1200")
    kind, _, content = str(shown["src"]).partition(";base64,")
    with Image.open(BytesIO(base64.b64decode(content))) as read:
        assert f"data:image/{str(read.format).lower()}" == kind
        assert read.convert("RGB").getpixel((5, 5)) == pytest.approx((255, 0, 0), abs=3)


def test_sections_can_be_reached_from_the_top() -> None:
    page = Parsed(html_of("## First part\n\ntext\n\n### Not this\n\n## Second\n\ntext"))
    assert [attributes["href"] for tag, attributes in page.tags if tag == "a"] == ["#first-part", "#second"]
    assert [attributes["id"] for tag, attributes in page.tags if tag == "h2"] == ["first-part", "second"]


def test_the_page_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    facts = {"command": "python evaluate.py 'a=<b>'", "date": "today"}
    write_pages(tmp_path, "A <b>", facts, "## B\n\ntext")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<title>A &lt;b&gt;</title>" in page
    assert "<dt>command</dt><dd><code>python evaluate.py &#39;a=&lt;b&gt;&#39;</code></dd>" in page
    assert not any(part in page for part in ("<script", "<link", "http://", "https://", "url("))
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert text == "# A <b>\n\n- command: `python evaluate.py 'a=<b>'`\n- date: today\n\n## B\n\ntext\n"
