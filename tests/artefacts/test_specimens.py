"""What looks like an artefact and is none: nothing may be left out of these."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from made_images import Kind, as_jpeg, lattice, recorded, slow
from numpy.typing import NDArray
from scipy import ndimage

from samiam.artefacts.finding import find_artefacts
from simulate import procedural_scene

SHAPE_HW = (200, 260)
EVERY_KIND = ["uint8", *slow("uint16", "narrow", "float")]
Y, X = np.indices(SHAPE_HW)
CRYSTAL = 0.1 + 0.9 * lattice(SHAPE_HW, 10, 0.3, 2)
ROUGH = np.cumsum(np.random.default_rng(3).normal(size=SHAPE_HW[1]))
VACUUM = {
    "upper half": Y < 100,
    "upper third": Y < 66,
    "left half": X < 130,
    "rough": Y - 2 * (ROUGH - ROUGH.mean()) < 40,
    "around a disc": np.hypot(X - 130, Y - 100) > 85,
    "off a facet": X + Y < 110,
    "a wedge": Y < 30 + 0.2 * X,
    "a band that widens": Y < 75 + 0.08 * X,
    "a lamella across": abs(Y - 95 - 0.1 * (X - 130)) > 75,
    "a lamella along": abs(X - 130 - 0.15 * (Y - 100)) > 90,
    "a lamella aslant": abs(X - Y - 30) > 110,
    "an oblique corner": (Y < 20 + 0.1 * X) | (X > 230 - 0.1 * Y),
}
ATOMS_XY = np.random.default_rng(5).uniform(5, 195, (40, 2))
PATTERNS: dict[str, Callable[[], NDArray[np.float64]]] = {
    "crystal": lambda: CRYSTAL,
    "squares": lambda: ((X // 16 + Y // 16) % 2).astype(float),
    "lying stripes": lambda: (Y % 16 < 4).astype(float),
    "standing stripes": lambda: (X % 16 < 4).astype(float),
    "grid": lambda: ((X % 40 == 20) | (Y % 40 == 20)) + 0.2 * CRYSTAL,
    "square": lambda: ((np.abs(X - 130) < 60) & (np.abs(Y - 100) < 60)).astype(float),
    "ramp": lambda: X / 260,
    "one bright column": lambda: 0.3 * CRYSTAL + 0.9 * np.exp(-((X - 100) ** 2 + (Y - 90) ** 2) / 2 / 1.3**2),
    "single atoms": lambda: 0.1 + sum(np.exp(-((X - x) ** 2 + (Y - y) ** 2) / 2 / 0.85**2) for x, y in ATOMS_XY),
    "particles": lambda: np.clip((20 - np.hypot((X + 30) % 80 - 40, (Y + 20) % 70 - 35)) / 6, 0, 1),
    "alternating pixels": lambda: ((X + Y) % 2).astype(float),
}


def bright_shapes(counts: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Saturated parts: a particle at the border, islands, a short rod."""
    for place in (
        np.hypot(X - 260, Y - 80) < 50,
        (abs(X - 120) < 40) & (abs(Y - 90) < 30),
        (Y < 50) & (abs(X - 99) < 40),
    ):
        yield np.where(place, counts.max(), counts)
    yield np.where((abs(Y - 20) < 8) & (abs(X - 60) < 28), counts.max(), counts)


@pytest.mark.parametrize("kind", EVERY_KIND)
@pytest.mark.parametrize("vacuum", VACUUM)
def test_vacuum_of_one_level(kind: Kind, vacuum: str) -> None:
    sharp = recorded(kind, CRYSTAL)
    sharp[VACUUM[vacuum]] = 0
    soft = ndimage.gaussian_filter((~VACUUM[vacuum]).astype(float), 2)
    for counts in (sharp, recorded(kind, np.where(soft > 0.02, soft, 0) * CRYSTAL, noise=0)):
        assert find_artefacts(counts).words == ()


@pytest.mark.parametrize("kind", EVERY_KIND)
@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("noise", [0, 0.05])
def test_patterns(kind: Kind, pattern: str, noise: float) -> None:
    assert find_artefacts(recorded(kind, PATTERNS[pattern](), noise)).words == ()


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_what_saturates(kind: Kind) -> None:
    assert find_artefacts(recorded(kind, 1.6 * CRYSTAL)).words == ()
    for counts in bright_shapes(recorded(kind, CRYSTAL)):
        assert find_artefacts(counts).words == ()


def particles_over_noise(n_levels: int) -> NDArray[np.uint8]:
    """Some bright particles near the corners of a wide dark ground, whose noise is of a count or two."""
    rng = np.random.default_rng(0)
    image = np.abs(rng.normal(size=SHAPE_HW))
    for x, y in ((40, 15), (245, 40), (220, 185), (15, 160), (130, 100)):
        image[np.hypot(X - x, Y - y) < 9] += 0.8 * n_levels * rng.uniform(0.7, 1)
    return np.clip(image, 0, n_levels - 1).astype(np.uint8)


@pytest.mark.parametrize("n_levels", [32, *slow(16, 22, 28, 64)])
def test_few_levels(n_levels: int) -> None:
    assert find_artefacts(particles_over_noise(n_levels)).words == ()


@pytest.mark.parametrize("electrons", [0.02, 0.05, 0.1, 0.3, 1, 3, 10])
def test_few_electrons(electrons: float) -> None:
    rng = np.random.default_rng(0)
    for image in (np.ones((300, 300)), 0.1 + lattice((300, 300), 10, 0.3, 2)):
        assert find_artefacts(rng.poisson(electrons * image).astype(np.uint16)).words == ()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_procedural_scenes(seed: int) -> None:
    pixels = procedural_scene(2**36 + seed, shape_hw=(256, 320)).micrograph.pixels
    grey = (255 * pixels).astype(np.uint8)
    for counts in (pixels, grey, (700 + 5000 * pixels).astype(np.uint16), as_jpeg(grey, (30, 60, 80, 95)[seed % 4])):
        assert find_artefacts(counts).words == ()
