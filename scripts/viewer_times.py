"""How long each control of `samiam view` takes on a large image, from the event until its pixels are on the screen.

    python scripts/viewer_times.py --side 2048 --repeats 5

A real Chromium without a window, the server beside it in this process. It begins once the image was looked at and the
results for other numbers of materials are worked out, and prints a table in Markdown: of the time that passes the
shortest, the median and the longest, and the time for which processors worked for server and browser together.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from browser import launched
from playwright.sync_api import sync_playwright

from samiam import Micrograph, example, view

WAIT_S = 300.0
# What happens in the page, and until when it is timed: the session's answer is there and every visible tile is drawn.
TIMED = """
async (act) => {
  const { screen, hand, state } = window.viewer;
  const key = (key, more = {}) => document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...more }));
  const place = (x, y) => screen.toScreen({ x: x * state.told.width, y: y * state.told.height });
  const press = (x, y, shift = false) => hand.press(place(x, y), shift);
  const move = (x, y) => hand.move(place(x, y));
  const release = (x, y) => hand.release(place(x, y), false);
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const begun = performance.now();
  ACT;
  do await frame(); while (document.body.dataset.state !== "ready" || screen.waiting || screen.frame);
  return performance.now() - begun;
}
"""
# By name: what is done before, untimed, what is timed, what after.
CONTROLS: dict[str, tuple[str, str, str]] = {
    "k slider": ("", 'key("+")', 'key("z", { ctrlKey: true })'),
    "estimate k": ("", 'key("0")', 'key("z", { ctrlKey: true })'),
    "click: this material": ('key("p")', "press(0.5, 0.5); release(0.5, 0.5)", 'key("Escape")'),
    "shift-click: not this": (
        'key("p"); press(0.5, 0.5); release(0.5, 0.5)',
        "press(0.3, 0.9, true); release(0.3, 0.9)",
        'key("Escape")',
    ),
    "box": ('key("b")', "press(0.3, 0.3); move(0.6, 0.7); release(0.6, 0.7)", 'key("Escape")'),
    "find all, by a click": ('key("f")', "press(0.5, 0.5); release(0.5, 0.5)", 'key("z", { ctrlKey: true })'),
    "find all, by a crop": (
        'key("f")',
        "press(0.4, 0.1); move(0.6, 0.2); release(0.6, 0.2)",
        'key("z", { ctrlKey: true })',
    ),
    "grow from a lasso": (
        'key("g")',
        "press(0.4, 0.45); move(0.6, 0.45); move(0.6, 0.55); move(0.4, 0.55); release(0.4, 0.5)",
        'key("z", { ctrlKey: true })',
    ),
    "paint": (
        'key("d")',
        "press(0.2, 0.5); move(0.5, 0.6); move(0.8, 0.4); release(0.9, 0.5)",
        'key("z", { ctrlKey: true })',
    ),
    "erase": (
        'key("e")',
        "press(0.2, 0.5); move(0.5, 0.6); move(0.8, 0.4); release(0.9, 0.5)",
        'key("z", { ctrlKey: true })',
    ),
    "lasso": (
        'key("l")',
        "press(0.2, 0.2); move(0.8, 0.2); move(0.8, 0.8); move(0.2, 0.8); release(0.2, 0.5)",
        'key("z", { ctrlKey: true })',
    ),
    "cut": (
        'key("Escape"); key("1", { code: "Digit1" }); key("c")',
        "press(0, 0); move(0.5, 0); move(0.5, 1); move(0, 1); release(0, 0.5)",
        'key("z", { ctrlKey: true })',
    ),
    "split": ('key("1", { code: "Digit1" })', 'key("s")', 'key("z", { ctrlKey: true })'),
    "merge": (
        'key("1", { code: "Digit1" }); key("2", { code: "Digit2", shiftKey: true })',
        'key("m")',
        'key("z", { ctrlKey: true })',
    ),
    "delete": ('key("Escape"); key("1", { code: "Digit1" })', 'key("Delete")', 'key("z", { ctrlKey: true })'),
    "undo": ("", 'key("z", { ctrlKey: true })', 'key("y", { ctrlKey: true })'),
    "redo": ('key("z", { ctrlKey: true })', 'key("y", { ctrlKey: true })', 'key("z", { ctrlKey: true })'),
    "accept": ("", 'key("a")', 'key("a")'),
    "choose a region": ("", 'key("1", { code: "Digit1" })', 'key("Escape")'),
    "what is here": ("", "await fetch(`image/${state.place}/at/900/900`)", ""),
    "outline, tint, both, none": ("", 'key("o")', 'key("o"); key("o"); key("o")'),
    "opacity": ("", 'key(",")', 'key(".")'),
    "zoom": ("", 'key("z")', 'key("w")'),
    "zoom to the pixel": ("", 'key("i")', 'key("w")'),
    "pan at full resolution": ('key("i")', "screen.pan(-300, -200)", 'key("w")'),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=2048, help="of the image, in px; default: %(default)s")
    parser.add_argument("--repeats", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--width", type=int, default=1280, help="of the window, in px; default: %(default)s")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="save pictures of the page there, to be looked at")
    options = parser.parse_args()
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        viewer = view(_image(options.side), output=folder)
        sight: Any = viewer.session().sight
        print(f"first look: {time.perf_counter() - begun:.1f} s, {viewer.result()}")
        wanted = len(sight.next_numbers())
        _wait(lambda: len(sight.numbers_at_hand) >= wanted)
        print(f"results for {wanted} numbers of materials at hand after {time.perf_counter() - begun:.1f} s\n")
        if options.pictures:
            _picture(viewer.address, options.pictures, options.side)
        _measure(viewer.address, options.repeats, options.width)
        viewer.close()


def _image(side: int) -> Micrograph:
    """The example, mirrored until it is as large."""
    small = example()
    times = -(-side // (2 * min(small.shape_hw)))
    mirrored = np.block([[small.pixels, small.pixels[:, ::-1]], [small.pixels[::-1], small.pixels[::-1, ::-1]]])
    return Micrograph(np.tile(mirrored, (times, times))[:side, :side], small.pixel_size_nm, name="large")


def _measure(address: str, repeats: int, width: int) -> None:
    with sync_playwright() as driver:
        browser = launched(driver)
        page = browser.new_page(viewport={"width": width, "height": width * 9 // 16}, bypass_csp=True)
        page.goto(address)
        page.wait_for_selector("body[data-state=ready]", timeout=1000 * WAIT_S)
        print("| control | shortest (ms) | median (ms) | longest (ms) | processors (ms) |\n|---|---|---|---|---|")
        for name, steps in CONTROLS.items():
            before, timed, after = (TIMED.replace("ACT;", f"{step};") for step in steps)
            taken, worked = [], []
            for _ in range(repeats):
                page.evaluate(before)
                before_ms = _worked_ms()
                taken.append(float(page.evaluate(timed)))
                worked.append(_worked_ms() - before_ms)
                page.evaluate(after)
            values = min(taken), statistics.median(taken), max(taken), statistics.median(worked)
            print(f"| {name} | {' | '.join(f'{value:.0f}' for value in values)} |", flush=True)
        browser.close()


def _picture(address: str, folder: Path, side: int) -> None:
    """The page at two widths: the whole image, pixel for pixel, and moved from there."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = launched(driver)
        for width in (1280, 1920):
            page = browser.new_page(viewport={"width": width, "height": width * 9 // 16}, bypass_csp=True)
            page.goto(address)
            page.wait_for_selector("body[data-state=ready]", timeout=1000 * WAIT_S)
            for name, act in (
                ("whole", ""),
                ("pixels", 'key("o"); key("o"); key("i")'),
                ("moved", "screen.pan(-700, -500)"),
            ):
                page.evaluate(TIMED.replace("ACT;", f"{act};"))
                page.screenshot(path=folder / f"{side}_{width}_{name}.png")
            page.close()
        browser.close()


def _worked_ms() -> float:
    """The time for which processors have worked for this process and for the browser."""
    own = psutil.Process()
    return 1000 * sum(sum(one.cpu_times()[:2]) for one in (own, *own.children(recursive=True)))


def _wait(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not is_so():
        if time.monotonic() > end:
            raise SystemExit("the results did not come in time")
        time.sleep(0.2)


if __name__ == "__main__":
    main()
