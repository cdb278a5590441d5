"""Regions of known scenes: near the truth, of every kind, and the same for the same seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from samiam.particles.faults.truth import truth_of_region
from samiam.records import Masks, Micrograph
from samiam.records.particle_scene import Particle, ParticleScene
from samiam.training.faults.examples import UNDECIDED, Specimen, draw_examples
from samiam.training.faults.regions import draw_regions


def scene(seed: int = 0, n: int = 3) -> ParticleScene:
    """Three discs, two of which touch, on noise; the last of them is cut by the edge."""
    shape = (200, 220)
    y, x = np.mgrid[: shape[0], : shape[1]]
    discs = [(y - a) ** 2 + (x - b) ** 2 < 28**2 for a, b in ((60, 60), (60, 114), (150, 205))][:n]
    pixels = np.random.default_rng(seed).random(shape)
    known = [Particle("Au", "none", 0.0, 30.0, np.nan), Particle("Au", "twin", 20.0, 30.0, 0.0)]
    known.append(Particle("Au", "fault", 1.0, 30.0, 0.0))
    micrograph = Micrograph(pixels, pixel_size_nm=0.04, name="made")
    facts = {"particles": [{"view": "110"}, {"view": "random"}, {"view": "110"}][:n]}
    return ParticleScene(micrograph, Masks.from_arrays(discs, shape), known[:n], "made-0", facts)


def test_regions_of_every_kind() -> None:
    made = scene()
    found = draw_regions(made, 2, np.random.default_rng(0))
    truth = [truth_of_region(made, mask) for mask in found]
    assert [one.particle for one in truth[:3]] == [0, 1, 2]
    assert [one.fault_class for one in truth[:3]] == ["no fault", "stacking fault", None]
    # each of the two that touch leads to a group
    assert [one.fault_class for one in truth[3:]] == ["agglomeration"] * 2 + ["empty"] * 2


def test_outlines_wander_about_the_true_ones() -> None:
    made = scene()
    shares = []
    for seed in range(8):
        for found, true in zip(draw_regions(made, 0, np.random.default_rng(seed))[:3], made.masks, strict=True):
            shares.append((found & true).sum() / (found | true).sum())
    assert min(shares) > 0.6
    assert max(shares) < 0.99
    assert 0.8 < np.mean(shares) < 0.95


def test_nothing_but_support() -> None:
    found = draw_regions(scene(n=0), 3, np.random.default_rng(1))
    assert len(found) == 3
    assert min(int(mask.sum()) for mask in found) >= 150


def test_the_same_seed_draws_the_same() -> None:
    one, same, other = (draw_regions(scene(), 2, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=False))


def test_examples_are_drawn_once_and_a_damaged_file_is_drawn_again(tmp_path: Path) -> None:
    drawn = []

    def draw(seed: int) -> ParticleScene:
        drawn.append(seed)
        return scene(seed % 100)

    specimens = [Specimen("a", draw), Specimen("b", draw)]
    found = draw_examples(tmp_path, specimens, 2, 1, seed=0, workers=1)
    assert len(drawn) == len(set(drawn)) == 4  # two pictures of each, no two alike
    assert found.ours.shape == (len(found), found.ours.shape[1])
    assert np.isfinite(found.ours).all()
    assert found.paper.shape == (len(found), 5)
    assert set(found.classes.tolist()) == {UNDECIDED, 0, 1, 3, 4}
    assert (found.is_faulty & (found.classes == UNDECIDED)).sum() == 4
    again = draw_examples(tmp_path, specimens, 2, 1, seed=0, workers=1)
    assert len(drawn) == 4
    assert np.array_equal(again.ours, found.ours)
    path = next(tmp_path.glob("b-*.safetensors"))
    path.write_bytes(path.read_bytes()[:100])
    again = draw_examples(tmp_path, specimens[::-1], 2, 1, seed=0, workers=1)
    assert len(drawn) == 6
    assert np.array_equal(np.sort(again.ours, axis=0), np.sort(found.ours, axis=0))


@pytest.mark.parametrize("seed", [0, 5])
def test_other_seeds_draw_others(tmp_path: Path, seed: int) -> None:
    one, other = (
        draw_examples(tmp_path / str(own), [Specimen("a", scene)], 1, 1, seed=own, workers=1)
        for own in (seed, seed + 1)
    )
    assert not np.array_equal(one.ours[:3], other.ours[:3])
