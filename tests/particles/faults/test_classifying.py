"""Particles whose faults are told, by a made classifier and by forests of known shares."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_regions import particles_of, region
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.particles.faults.calibration import FaultCalibration
from samiam.particles.faults.classifier import (
    ForestFaults,
    build_fault_classifier,
    facts_of,
    names_of,
    numbers_of,
)
from samiam.particles.faults.classifying import classify_faults, named
from samiam.particles.faults.forest import LEAF, Forest
from samiam.particles.faults.paper import is_taken, paper_numbers
from samiam.particles.faults.region import Region, cut_region
from samiam.particles.faults.settings import FaultOptions
from samiam.particles.result import FAULT_CLASSES, FaultDetection
from samiam.records import Masks, Micrograph
from samiam.storage.weight_files import add_to_card, write_weights

DETECTION = FaultDetection(faulty=50, found=45, faultless=100, cleared=96)


class Coherent:
    """Calls faulty what has not one phase."""

    name = "coherent"
    confidence = 0.5
    detection = DETECTION
    options: Mapping[str, Any] = {}

    def probabilities(self, regions: Sequence[Region]) -> NDArray[np.float32]:
        one_phase = [float(numbers_of(own, "ours")[names_of("ours").index("one_phase")]) for own in regions]
        faulty = np.clip(3 - 2.7 * np.array(one_phase), 0, 1)
        return np.stack([1 - faulty, faulty, *np.zeros((3, len(faulty)))], axis=1).astype(np.float32)


def one_split(name: str, threshold: float, variant: Any = "ours") -> Forest:
    """A tree that says stacking fault, 80 %, up to a threshold of one number, and no fault, 90 %, above it."""
    shares = np.array([[0.2, 0.8, 0, 0, 0], [0.9, 0.1, 0, 0, 0]])
    return Forest(
        roots=np.array([0], np.int32),
        feature=np.array([names_of(variant).index(name), LEAF, LEAF], np.int8),
        threshold=np.array([threshold, 0, 0], np.float16),
        onward=np.array([2, 0, 1], np.int16),
        leaves=(shares if variant == "paper" else np.log(np.maximum(shares, 1e-4))).astype(np.float16),
    )


def written(folder: Path, forest: Forest, variant: Any = "ours", **card: Any) -> Path:
    path = folder / "own.safetensors"
    entries = {"calibration": {"temperature": 1.0, "confidence": 0.5}, "detection": vars(DETECTION), **card}
    write_weights(path, forest.state(), facts_of(variant), entries)
    return path


def test_each_particle_is_told_for_itself() -> None:
    found = particles_of(region("perfect"), region("fault"), region("perfect", seed=1))
    told = classify_faults(found, classifier=Coherent())
    assert told.classes == ("no fault", "stacking fault", "no fault")
    assert told.probabilities is not None
    assert told.probabilities.sum(axis=1) == pytest.approx(1)
    assert told.detection == DETECTION
    assert told.masks is found.masks
    assert found.classes == ()


def test_what_is_not_probable_enough_is_left_open() -> None:
    assert named(np.array([0.3, 0.4, 0.1, 0.1, 0.1]), 0.4) == "stacking fault"
    assert named(np.array([0.3, 0.4, 0.1, 0.1, 0.1]), 0.41) == "unsure"
    assert named(np.full(5, np.nan), 0.0) == "unsure"
    for index, name in enumerate(FAULT_CLASSES):
        assert named(np.eye(5)[index], 1.0) == name


def test_no_particles() -> None:
    empty = replace(particles_of(region("none")), masks=Masks.empty((160, 160)), touches_edge=np.zeros(0, bool))
    told = classify_faults(empty, classifier=Coherent())
    assert told.classes == ()
    assert told.probabilities is not None
    assert told.probabilities.shape == (0, 5)


def test_pixels_of_any_size_are_brought_to_those_that_are_looked_at() -> None:
    made = particles_of(region("perfect"))
    fine, coarse = (
        replace(made.micrograph, pixel_size_nm=0.02, pixel_aspect=aspect, name="other") for aspect in (1.0, 2.0)
    )
    own, half, wide = (
        cut_region(one, made.masks[0], one.pixel_size_nm or 0) for one in (made.micrograph, fine, coarse)
    )
    assert own is not None
    assert half is not None
    assert wide is not None
    assert own.pixels.shape == (160, 160)
    # 110 px of 0.02 nm and a margin of 1.2 nm, which the image does not have
    assert half.pixels.shape == (80, 80)
    assert half.finest_per_px == 0.5
    assert wide.pixels.shape == (160, 80)
    assert wide.finest_per_px == 0.5
    assert half.inside.sum() == pytest.approx(own.inside.sum() / 4, rel=0.03)
    large = cut_region(replace(fine, pixel_size_nm=0.06, pixel_aspect=1.0), made.masks[0], 0.06)
    assert large is not None
    assert large.finest_per_px == pytest.approx(1 / 3)


def test_a_region_without_a_pixel_is_none() -> None:
    micrograph = Micrograph(np.zeros((40, 40)), pixel_size_nm=0.001, name="tiny")
    mask = np.zeros((40, 40), bool)
    assert cut_region(micrograph, mask, 0.001) is None
    mask[3, 3] = True
    assert cut_region(micrograph, mask, 0.001) is None


def test_what_cannot_show_fringes_or_is_no_particle_is_left_open() -> None:
    made = particles_of(region("perfect"))
    for size_nm, wanted in ((0.09, "no fault"), (0.11, "unsure"), (0.28, "unsure")):
        found = replace(made, micrograph=replace(made.micrograph, pixel_size_nm=size_nm))
        told = classify_faults(found, classifier=Coherent())
        assert told.probabilities is not None
        assert np.isnan(told.probabilities).all() == (wanted == "unsure") == (told.classes == ("unsure",))
    large = Micrograph(np.zeros((1100, 60)), pixel_size_nm=0.04, name="large")
    assert cut_region(large, np.ones((1100, 60), bool), 0.04) is None


def test_weights_of_one_s_own(tmp_path: Path) -> None:
    path = written(tmp_path, one_split("one_phase", 0.85))
    teller = build_fault_classifier(FaultOptions(weights=path))
    assert teller.options["weights_sha256"]
    assert teller.detection == DETECTION
    found = particles_of(region("perfect"), region("twin"))
    told = classify_faults(found, classifier=teller)
    assert told.classes == ("no fault", "stacking fault")
    assert told.probabilities is not None
    assert told.probabilities[:, :2] == pytest.approx(np.array([[0.9, 0.1], [0.2, 0.8]]), abs=5e-3)
    strict = build_fault_classifier(FaultOptions(weights=path, confidence=0.85))
    assert classify_faults(found, classifier=strict).classes == ("no fault", "unsure")


def test_a_region_that_the_paper_s_cut_leaves_out_is_unsure() -> None:
    small = replace(region("perfect"), inside=np.roll(np.eye(160, dtype=bool), 1) & (np.arange(160) < 70))
    assert is_taken(region("perfect"))
    assert not is_taken(small)
    forest = one_split("fft_middle", 0.0, "paper")
    teller = ForestFaults(forest, "paper", FaultCalibration())
    found = teller.probabilities([small, region("perfect")])
    assert np.isnan(found[0]).all()
    assert found[1, 0] == pytest.approx(0.9, abs=5e-3)


def test_the_paper_s_numbers_by_hand() -> None:
    # A wave of one pixel's difference along x: amplitude 1/2 at the middle and 1/2 at a radius of 2.
    pixels = np.tile([0.0, 1.0], (4, 2))
    found = paper_numbers(Region(pixels, np.ones((4, 4), bool), 0.5))
    profile = np.array([0.5, 0, 0.5, 0])
    wanted = {"fft_mean": profile.mean(), "fft_sd": profile.std(), "mean": 0.5, "sd": 0.5, "fft_middle": 1.0}
    assert found == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ({"calibration": {}}, "does not say how its answers are read .calibration.; train them by"),
        ({"calibration": {"temperature": 0.0, "confidence": 0.5}}, "calibration.temperature=0.0: give"),
        ({"detection": None}, "does not say how its answers are read .detection."),
        ({"detection": {"faulty": 0, "found": 0, "faultless": 1, "cleared": 1}}, "found 0 of 0 is impossible"),
    ],
)
def test_a_card_that_does_not_say(tmp_path: Path, card: dict[str, Any], message: str) -> None:
    path = written(tmp_path, one_split("one_phase", 0.85))
    add_to_card(path, **card)
    with pytest.raises(InputError, match=message):
        build_fault_classifier(FaultOptions(weights=path))


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"network": "particles"}, "weights of 'particles' ours, not of faults, variant=ours"),
        ({"variant": "paper"}, "weights of 'faults' paper, not of faults, variant=ours"),
        ({"classes": ["yes", "no"]}, "of other classes than no fault, stacking fault"),
        ({"features": ["one"]}, "goes by other numbers than this version measures"),
    ],
)
def test_weights_of_something_else(tmp_path: Path, facts: dict[str, Any], message: str) -> None:
    path = written(tmp_path, one_split("one_phase", 0.85))
    entries = json.loads(path.with_suffix(".json").read_text())
    write_weights(path, one_split("one_phase", 0.85).state(), {**facts_of("ours"), **facts}, entries)
    with pytest.raises(InputError, match=message):
        build_fault_classifier(FaultOptions(weights=path))


def test_trees_of_an_earlier_version_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, one_split("one_phase", 0.85))
    state = one_split("one_phase", 0.85).state()
    state["shares"] = state.pop("leaves")
    write_weights(path, state, facts_of("ours"), json.loads(path.with_suffix(".json").read_text()))
    with pytest.raises(InputError, match="trees of an earlier version; train them again"):
        build_fault_classifier(FaultOptions(weights=path))


def test_a_walk_that_would_not_end_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, replace(one_split("one_phase", 0.85), onward=np.array([0, 0, 1], np.int16)))
    with pytest.raises(InputError, match=r"describes a network that cannot be \(nodes that lead nowhere"):
        build_fault_classifier(FaultOptions(weights=path))
