"""Whatever an image contains, the answer is a sensible one and said in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import skimage.data
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from samiam import Micrograph, segment
from samiam.cli import main
from simulate import EFFECTS, procedural_scene

SIDE = 96
RNG = np.random.default_rng(0)
NOISE = RNG.normal(size=(SIDE, SIDE))
LIGHT = np.linspace(0.3, 1, SIDE)[:, None] + np.linspace(0, 0.3, SIDE)

Counts = NDArray[np.generic]


def lattice(height: int, width: int, period_px: float = 9) -> NDArray[np.float64]:
    """Columns between 0 and 1."""
    y, x = (0.25 + 0.25 * np.cos(2 * np.pi * np.arange(side) / period_px) for side in (height, width))
    return np.asarray(y[:, None] + x)


def counted(light: NDArray[np.float64], n: float = 200) -> NDArray[np.uint16]:
    return np.random.default_rng(1).poisson(n * light).astype(np.uint16)


def speck() -> NDArray[np.uint8]:
    pixels = np.zeros((SIDE, SIDE), np.uint8)
    pixels[20:22, 30] = 255
    return pixels


def writing() -> NDArray[np.uint8]:
    """A page of text."""
    page = Image.new("L", (SIDE, SIDE), 255)
    for line in range(4):
        ImageDraw.Draw(page).text((20, 20 + 15 * line), "a lamella of 40 nm"[line % 3 :], fill=0)
    return np.asarray(page)


WITHOUT_STRUCTURE: dict[str, tuple[Counts, str]] = {
    "a speck on black": (speck(), "blank"),
    "noise of 8 bits": (np.clip(128 + 30 * NOISE, 0, 255).astype(np.uint8), "pure noise"),
    "noise of 16 bits": ((30000 + 2000 * NOISE).astype(np.uint16), "pure noise"),
    "few electrons": (counted(np.ones((SIDE, SIDE)), 0.3), "pure noise"),
    "many electrons": (counted(np.ones((SIDE, SIDE)), 1000), "pure noise"),
    "uneven light": ((255 * LIGHT / LIGHT.max()).astype(np.uint8), "slow change of brightness"),
    "noise in uneven light": (counted(LIGHT), "pure noise"),
    "noise in weakly uneven light": (counted(40 + LIGHT), "slow change of brightness"),
    "noise in a strip": (counted(np.ones((20, 900))), "pure noise"),
}
OF_ONE_MATERIAL: dict[str, Counts] = {
    "a crystal": procedural_scene(900, shape_hw=(SIDE, SIDE), ranges=EFFECTS["one material"]).micrograph.pixels,
    "fine speckle": ndimage.gaussian_filter(NOISE, 1),
    "coarse speckle": ndimage.gaussian_filter(NOISE, 3),
    "speckle in uneven light": LIGHT + ndimage.gaussian_filter(NOISE, 1),
    "a crystal of 64 px": counted(lattice(64, 64)),
    "a lying strip": counted(lattice(20, 1500)),
    "an upright strip": counted(lattice(2000, 40)),
    "a saturated crystal": np.clip(400 * lattice(SIDE, SIDE) - 60, 0, 255).astype(np.uint8),
}
OF_SEVERAL: dict[str, Counts] = {
    "a page of text": writing(),
    "a photograph": skimage.data.camera()[::4, ::4],
    "coins": skimage.data.coins()[:130, :130],
}


@pytest.mark.parametrize("name", WITHOUT_STRUCTURE)
def test_nothing_to_segment_is_said_with_the_reason(name: str) -> None:
    counts, why = WITHOUT_STRUCTURE[name]
    found = segment(Micrograph.stretched(counts), 2 if name == "noise in a strip" else None)
    assert not found.labels.any()
    assert found.remark is not None
    assert why in found.remark


@pytest.mark.parametrize("name", OF_ONE_MATERIAL)
def test_one_material_covers_the_image(name: str) -> None:
    found = segment(Micrograph.stretched(OF_ONE_MATERIAL[name]))
    assert len(found.masks) == 1
    assert found.segmented_fraction > 0.97


@pytest.mark.parametrize("name", OF_SEVERAL)
def test_other_pictures_are_segmented_too(name: str) -> None:
    found = segment(Micrograph.stretched(OF_SEVERAL[name]))
    assert len(found.masks) >= 1
    assert found.segmented_fraction > 0.7
    assert all(confidence is not None and 0 <= confidence <= 1 for confidence in found.confidences)


CHEAP = ("--generator", "texture", "--encoder", "spectrum")


@pytest.mark.parametrize(
    ("counts", "code", "said"),
    [
        (np.full((SIDE, SIDE), 65535, np.uint16), 2, "every pixel is 65535"),
        (np.full((SIDE, SIDE), np.nan, np.float32), 2, "are NaN or infinite"),
        (speck(), 1, "no material was found: the image is blank: all but 2 of its pixels have one value."),
        (counted(LIGHT), 1, "no material was found: the image is pure noise: no wave in it stands out"),
    ],
    ids=["saturated", "no numbers", "a speck", "noise"],
)
def test_the_command_says_why(
    counts: Counts, code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tifffile.imwrite(tmp_path / "image.tif", counts)
    assert main(["segment", str(tmp_path / "image.tif"), *CHEAP, "-o", str(tmp_path / "out")]) == code
    assert said in capsys.readouterr().err


def test_a_file_without_structure_among_others_is_no_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tifffile.imwrite(tmp_path / "noise.tif", counted(LIGHT))
    tifffile.imwrite(tmp_path / "crystal.tif", counted(lattice(64, 64)))
    assert main(["segment", str(tmp_path), "-o", str(tmp_path / "out")]) == 0
    assert "the image is pure noise" in capsys.readouterr().out
