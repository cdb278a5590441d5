from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from samiam.benchmark.report.page import as_html, link, literal, picture, plain, table


class Parsed(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page.partition("<body>")[2])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_table_comes_back_from_html() -> None:
    found = pd.DataFrame({"name": ["a|b", None], "miou": [0.12345, float("nan")], "masks": [3, 12]})
    page = as_html(f"# Title\n\n{table(found, {'masks': 0})}\n", "Title")
    assert '<div class="table"><table>' in page
    parsed = Parsed(page)
    assert [cell for cell in parsed.text.split("\n") if cell.strip()] == [
        *("Title", "name", "miou", "masks", "a|b", "0.123", "3", "12")
    ]
    cells = [tag for tag, _ in parsed.tags if tag in ("th", "td")]
    assert (cells.count("th"), cells.count("td")) == (3, 6)


@pytest.mark.parametrize("text", ["<b>&amp;</b> *x* [y](z) `c`", "a\\*b", "one | two", "snake_case_name"])
@pytest.mark.parametrize("shown", [plain, literal])
def test_a_message_means_nothing_to_markdown_or_html(text: str, shown: object) -> None:
    parsed = Parsed(as_html(f"- said: {shown(text)}", "Title"))  # type: ignore[operator]
    allowed = {"nav", "div", "ul", "li"} | ({"code"} if shown is literal else set())
    assert {tag for tag, _ in parsed.tags} == allowed
    assert f"said: {text.replace('`', chr(39)) if shown is literal else text}" in parsed.text


def test_a_message_is_one_line() -> None:
    assert plain("one\n two") == "one two"
    assert literal("one\n two") == "`one two`"


def test_links_are_relative_and_may_hold_anything(tmp_path: Path) -> None:
    assert link(tmp_path / "logs" / "a b.csv", tmp_path, "log") == "[log](logs/a%20b.csv)"
    assert picture(tmp_path / "run" / "a.png", tmp_path / "report", "a") == "![a](../run/a.png)"
    page = Parsed(as_html(picture(tmp_path / "a (1)_b_.png", tmp_path, "a [1]_b_"), "Title"))
    assert page.tags[-1] == ("img", {"loading": "lazy", "alt": "a [1]_b_", "src": "a%20%281%29_b_.png"})


def test_sections_can_be_reached_from_the_top() -> None:
    page = Parsed(as_html("# A\n\n## First part\n\ntext\n\n### Not this\n\n## Second\n\ntext", "A"))
    assert [attributes["href"] for tag, attributes in page.tags if tag == "a"] == ["#first-part", "#second"]
    assert [attributes["id"] for tag, attributes in page.tags if tag == "h2"] == ["first-part", "second"]


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = as_html("# A\n\ntext", "A <b>")
    assert "<title>A &lt;b&gt;</title>" in page
    assert not any(part in page for part in ("<script", "<link", "http://", "https://", "url("))
