"""Somebody at the screen of `samiam view` who knows what an image shows and corrects it, with mouse and keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page
from scipy import ndimage

from samiam.metrics import score_image
from samiam.records import Masks, Scene

RIGHT = 0.97  # mean IoU of the materials at which a person is content
SEEN_SHARE = 0.002  # of the image that a fault covers before a person minds it, once its rim is taken off
RIM_PX = 2  # of a fault: outlines that are as near are right
WORTH = 0.003  # by which a step has to raise that to stay
WAIT_MS = 300_000.0

Mask = NDArray[np.bool_]


class Screen:
    """The page of `samiam view`, with hands on mouse and keys.

    Args:
        page: that of the browser.
        address: where the page is, with its token.
    """

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address, self.place = page, address, 0
        page.goto(address)
        self._ready()

    def open(self, place: int) -> None:
        """Go to an image by its place, from 0."""
        if place != self.place:
            self.place = place
            self.page.select_option("#images", str(place))
            self._ready()

    @property
    def number(self) -> int:
        """The number of materials of the automatic result."""
        return int(self.page.inner_text("#k-value"))

    def regions(self, shape_hw: tuple[int, int]) -> dict[int, Mask]:
        """Where each region is shown, by its number."""
        listed = self.page.locator("#regions li[data-region]")
        numbers = listed.evaluate_all("(items) => items.map((item) => item.dataset.region)")
        return {int(number): self._shown(number, shape_hw) for number in numbers}

    def choose(self, numbers: Sequence[int]) -> None:
        """Choose regions, none as well; an answer to clicks is settled by it."""
        self.press("Enter", "Escape")
        for place, number in enumerate(numbers):
            self.page.click(f"#regions li[data-region='{number}'] .share", modifiers=["Shift"] if place else [])
        self.page.focus("#screen")

    def name(self, number: int, name: str) -> None:
        """Write the name of a region's material."""
        self.choose([number])
        self.press("n")
        self.page.keyboard.type(name)
        self.press("Enter")

    def press(self, *keys: str) -> None:
        """One key after the other."""
        for key in keys:
            self.page.keyboard.press(key)
            self._settled()

    def draw(self, places_xy: Sequence[tuple[float, float]]) -> None:
        """Lead the pressed mouse over places of the image; a click where there is one alone."""
        for place in places_xy:
            self.page.mouse.move(*self._at(*place))
            if place is places_xy[0]:
                self.page.mouse.down()
        self.page.mouse.up()
        self._settled()

    def save(self) -> None:
        """Accept and save."""
        self.press("Enter", "a", "Control+s")
        self.page.wait_for_selector("text=/saved \\d+ files/", timeout=WAIT_MS)

    def _shown(self, number: str, shape_hw: tuple[int, int]) -> Mask:
        side = self.page.evaluate("viewer.state.told.tile_px")
        mask = np.zeros(shape_hw, np.bool_)
        for top in range(0, shape_hw[0], side):
            for left in range(0, shape_hw[1], side):
                tile = f"image/{self.place}/tile/fill/0/{top // side}/{left // side}?only={number}"
                content = self.page.request.get(self.address + tile, max_retries=2).body()  # idle ones are closed
                picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
                mask[top : top + side, left : left + side] = picture > 0
        return mask

    def _at(self, x: float, y: float) -> tuple[float, float]:
        place = self.page.evaluate(f"viewer.screen.toScreen({{x: {x}, y: {y}}})")
        corner: Any = self.page.locator("#screen").bounding_box()
        return corner["x"] + place["x"], corner["y"] + place["y"]

    def _settled(self) -> None:
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 10)))")
        self.page.evaluate("viewer.settled()")
        self._ready()

    def _ready(self) -> None:
        self.page.wait_for_selector("body[data-state=ready]", timeout=WAIT_MS)


class Person:
    """Somebody who knows what an image shows, in front of the screen.

    Args:
        screen: open at the image.
        scene: the truth.
    """

    def __init__(self, screen: Screen, scene: Scene) -> None:
        self.screen, self.scene, self.steps = screen, scene, 0
        self.truth = list(scene.truth)
        self._look()
        shown = Masks.from_arrays(self.regions.values(), shape_hw=scene.micrograph.shape_hw)
        self.first = score_image(shown, scene).miou

    def correct(self, most_steps: int) -> None:
        """Do what can be done, name the regions, accept and save."""
        self._set_number()
        self._merge()
        left_alone = np.zeros(self.scene.labels.shape, np.bool_)
        while self.steps < most_steps and self.score < RIGHT:
            material, fault = self._largest_fault(left_alone)
            if not fault.any():
                break
            if not any(self._try(tool, material, fault) for tool in ("p", "f", "l")):
                left_alone |= fault
            self._merge()
        for number, material in self.materials.items():
            self.screen.name(number, self.scene.materials[material])
        self.screen.save()

    def _look(self) -> None:
        """See the regions, what each of them is for the most part, and how right that is."""
        self.regions = self.screen.regions(self.scene.micrograph.shape_hw)
        covered = {n: [np.count_nonzero(mask & one) for one in self.truth] for n, mask in self.regions.items()}
        self.materials = {number: int(np.argmax(pixels)) for number, pixels in covered.items()}
        self.shown = [np.zeros_like(one) for one in self.truth]
        for number, material in self.materials.items():
            self.shown[material] |= self.regions[number]
        self.score = float(np.mean([iou(one, shown) for one, shown in zip(self.truth, self.shown, strict=True)]))

    def _set_number(self) -> None:
        """As many materials as there are, if that helps."""
        off = len(self.truth) - self.screen.number
        if off:
            before = self.score
            self._act(*(["+"] * off if off > 0 else ["-"] * -off))
            if self.score < before:
                self._act("Control+z")  # all of them are one step

    def _merge(self) -> None:
        """Make one region of those that are one material."""
        for material in range(len(self.truth)):
            same = [number for number, is_of in self.materials.items() if is_of == material]
            if len(same) > 1:
                self.screen.choose(same)
                self._act("m")

    def _act(self, *keys: str) -> None:
        self.screen.press(*keys)
        self.steps += len(keys)
        self._look()

    def _largest_fault(self, left_alone: Mask) -> tuple[int, Mask]:
        """The material and pixels of the largest part that is shown as something else; none where all are small."""
        least = SEEN_SHARE * self.scene.labels.size
        found, largest = (0, np.zeros_like(left_alone)), least
        for material, (truth, shown) in enumerate(zip(self.truth, self.shown, strict=True)):
            inner = ndimage.binary_erosion(truth & ~shown & ~left_alone, iterations=RIM_PX)
            parts, n = ndimage.label(inner)
            sizes = np.bincount(parts.ravel(), minlength=n + 1)
            sizes[0] = 0
            if sizes.max() > largest:
                largest = sizes.max()
                grown = ndimage.binary_dilation(parts == sizes.argmax(), iterations=RIM_PX)
                found = (material, grown & truth & ~shown)
        return found

    def _try(self, tool: str, material: int, fault: Mask) -> bool:
        """Whether a tool makes it better; otherwise it is as it was."""
        before = self.score
        self.screen.choose([number for number, is_of in self.materials.items() if is_of == material][:1])
        self.screen.press(tool)
        self.screen.draw(outline(fault) if tool == "l" else [middle(fault)])
        self.steps += 1
        if "refused" in (self.screen.page.get_attribute("#message", "class") or ""):
            return False
        self._look()
        if self.score > before + WORTH:
            return True
        self._act("Control+z")
        return False


def middle(mask: Mask) -> tuple[float, float]:
    """The place (x, y) that lies farthest within a mask."""
    depth = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    row, column = np.unravel_index(depth.argmax(), depth.shape)
    return float(column) + 0.5, float(row) + 0.5


def outline(mask: Mask) -> list[tuple[float, float]]:
    """Places (x, y) on the way around the largest part of a mask, as near as a hand can draw."""
    lines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    drawn = cv2.approxPolyDP(max(lines, key=cv2.contourArea), 1.0, closed=True)[:, 0]
    return [(float(x) + 0.5, float(y) + 0.5) for x, y in drawn]


def iou(one: Mask, other: Mask) -> float:
    """The share that two masks have in common of what either has; 0 where none has anything."""
    return float(np.count_nonzero(one & other) / max(1, np.count_nonzero(one | other)))
