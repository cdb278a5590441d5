"""The page in a real browser: what a person does with mouse and keys, from opening to saving and opening again."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from tests.chromium import chromium_or_skip

pytestmark = pytest.mark.slow
playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright; pip install 'samiam[test]'")
pytest.importorskip("uvicorn", reason="needs uvicorn; pip install 'samiam[viewer]'")
CHROMIUM = chromium_or_skip()

READY_S = 120  # a look on a busy machine


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


class Sitting:
    """`samiam view` on the example, and its page."""

    def __init__(self, browser: Any, folder: Path, width: int = 1280, height: int = 720) -> None:
        words = ["view", "--example", "-o", str(folder), "--no-browser", "--who", "Ann"]
        self.process = subprocess.Popen([sys.executable, "-m", "samiam", *words], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.address = re.findall(r"http://127\.0\.0\.1:\d+/\S+/", self.process.stdout.readline())[0]
        self.errors: list[str] = []
        self.page = browser.new_page(viewport={"width": width, "height": height})
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(self.address)
        self.ready()

    def ready(self) -> None:
        self.page.wait_for_selector("body[data-state=ready]", timeout=1000 * READY_S)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where on the page a place of the image is, which fits into the stage."""
        place = self.page.evaluate(f"viewer.screen.toScreen({{x: {x}, y: {y}}})")
        corner = self.page.locator("#screen").bounding_box()
        return corner["x"] + place["x"], corner["y"] + place["y"]

    def click(self, x: float, y: float, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.down(key)
        self.page.mouse.click(*self.at(x, y))
        for key in keys:
            self.page.keyboard.up(key)
        self.settled()

    def drag(self, *places: tuple[float, float]) -> None:
        self.page.mouse.move(*self.at(*places[0]))
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*self.at(*place), steps=4)
        self.page.mouse.up()
        self.settled()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
        self.settled()

    def settled(self) -> None:
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 30)))")
        self.page.evaluate("viewer.settled()")
        self.ready()

    @property
    def regions(self) -> dict[str, float]:
        """The share of each region in percent, by what it is called."""
        found = {}
        for item in self.page.query_selector_all("#regions li"):
            name = item.query_selector(".name").evaluate("(one) => one.firstChild.textContent")
            found[name] = float(item.query_selector(".share").inner_text().strip(" %<"))
        return found

    @property
    def steps(self) -> list[str]:
        """The last first."""
        return [item.inner_text() for item in self.page.query_selector_all("#steps li:not(.empty)")]

    def end(self) -> None:
        self.page.close()
        self.process.terminate()
        self.process.communicate(timeout=20)
        assert not self.errors


@pytest.fixture
def sitting(browser: Any, tmp_path: Path) -> Iterator[Sitting]:
    opened = Sitting(browser, tmp_path)
    yield opened
    opened.end()


def test_from_a_click_to_a_saved_and_reopened_correction(sitting: Sitting, browser: Any, tmp_path: Path) -> None:
    page, begun = sitting.page, sitting.regions
    assert len(begun) == 3

    sitting.press("v")
    sitting.click(256, 100)
    sitting.click(256, 250, "Shift")
    assert page.locator("#regions li[aria-selected=true]").count() == 2
    page.click("#merge")
    sitting.settled()
    assert len(sitting.regions) == 2

    sitting.press("Escape", "p")
    sitting.click(256, 60)  # this material, as a new region
    three = sitting.regions
    assert len(three) == 3
    assert "pointed at region 4 (1 click)" in sitting.steps[0]
    sitting.click(256, 260)
    assert "(2 clicks)" in sitting.steps[0]
    assert sitting.regions["region 4"] > three["region 4"] + 20
    sitting.click(256, 300, "Shift")  # not this
    assert "(3 clicks)" in sitting.steps[0]
    assert len(sitting.steps) == 2
    sitting.press("Escape")  # the answer goes back, however many clicks it took
    assert len(sitting.steps) == 1

    page.click("#undo")
    sitting.settled()
    assert sitting.regions == begun
    page.click("#redo")
    sitting.settled()
    assert len(sitting.regions) == 2
    page.click("#undo")
    sitting.settled()

    sitting.press("Escape", "d")
    sitting.drag((30, 480), (120, 480), (120, 500))
    assert len(sitting.regions) == 4
    sitting.press("v")
    sitting.click(60, 480)
    sitting.press("n")
    page.keyboard.type("gold")
    sitting.press("Enter")
    assert "gold" in sitting.regions
    sitting.press("a")
    assert "accepted by Ann" in page.inner_text("#verdict")
    sitting.press("Control+s")
    page.wait_for_selector("text=/saved \\d+ files/", timeout=60_000)

    result = tmp_path / "sto_on_ge"
    with (result / "steps.csv").open(newline="", encoding="utf-8") as file:
        assert [(row["what"], row["who"]) for row in csv.DictReader(file)] == [("paint", "Ann"), ("rename", "Ann")]
    noted = json.loads((result / "provenance.json").read_text(encoding="utf-8"))
    assert noted["by_hand"]["verdict"]["accepted"]
    assert np.unique(tifffile.imread(result / "labels.tif")).tolist() == [1, 2, 3, 4]

    shares = sorted(sitting.regions.values())
    again = Sitting(browser, tmp_path)
    assert sorted(again.regions.values()) == shares
    assert "gold" in again.regions
    assert len(again.steps) == 2
    assert "accepted by Ann" in again.page.inner_text("#verdict")
    again.end()


def test_without_a_mouse(sitting: Sitting) -> None:
    page = sitting.page
    page.focus("#screen")
    sitting.press("f", "ArrowUp", "ArrowUp", "Space", "Space")  # a click is a box of one pixel
    assert "found all of region 4" in sitting.steps[0]
    sitting.press("Control+z", "1", "Shift+Digit2", "m")
    assert len(sitting.regions) == 2
    sitting.press("Control+z", "+")
    assert page.inner_text("#k-value") == "4"
    assert "boosted anew, 4 materials" in sitting.steps[0]
    sitting.press("0")
    assert page.inner_text("#k-value") == "3"
    sitting.press("1", "s")
    assert len(sitting.regions) == 4
    sitting.press("4", "Delete")
    assert len(sitting.regions) == 3
    sitting.press("?")
    assert page.locator("dialog[open]").count() == 1
    sitting.press("Escape", "o", "o")
    assert page.get_attribute("[data-drawn=both]", "aria-pressed") == "true"


def test_another_number_says_that_it_replaces_what_was_done_by_hand(sitting: Sitting) -> None:
    page = sitting.page
    sitting.press("+")
    assert not page.is_visible("#notice")  # nothing was done by hand
    sitting.press("d")
    sitting.drag((30, 480), (120, 480))
    painted = sitting.regions
    sitting.press("+", "-", "-")  # however many numbers are tried
    assert page.inner_text("#replaced") == "1 step by hand was replaced by the automatic result; undo brings it back."
    page.click("#bring-back")
    sitting.settled()
    assert sitting.regions == painted
    assert not page.is_visible("#notice")


@pytest.mark.parametrize("width", [900, 1280, 1920])  # the first is that of a notebook's cell on a small screen
def test_everything_is_on_the_screen(browser: Any, tmp_path: Path, width: int) -> None:
    sitting = Sitting(browser, tmp_path, width, 720)
    for button in sitting.page.query_selector_all("button:visible, input:visible, select:visible"):
        box = button.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= 720
    assert sitting.page.evaluate("document.documentElement.scrollWidth") == width
    sitting.end()


def test_a_refusal_is_said_and_nothing_is_changed(sitting: Sitting) -> None:
    sitting.press("c")
    sitting.drag((100, 100), (200, 100), (200, 200))
    assert "choose one region first" in sitting.page.inner_text("#message")
    assert sitting.steps == []


def test_a_step_is_answered_once_its_pixels_are_on_the_screen(sitting: Sitting) -> None:
    page, held = sitting.page, list[Any]()
    version = page.evaluate("viewer.state.told.version")
    page.route("**/tile/line/**", lambda route: held.append(route))
    page.keyboard.press("+")
    while page.evaluate("viewer.state.told.version") == version:
        page.wait_for_timeout(20)
    for _ in range(3):
        page.evaluate("new Promise(requestAnimationFrame)")
    assert held
    assert page.get_attribute("body", "data-state") == "busy"
    for route in held:
        route.continue_()
    page.unroute("**/tile/line/**")
    sitting.ready()
