"""Records as one line and as pictures."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from samiam import (
    Masks,
    Micrograph,
    Segmentation,
    SemanticBooster,
    build_encoder,
    build_generator,
    segment,
)
from samiam.boosting import CropRules
from samiam.colours import PALETTE
from samiam.records import Decision, Scene
from samiam.records.showing import picture_of
from samiam.registry import build_classifier

LABELS = np.kron([[1, 2]], np.ones((40, 30), np.uint32)).astype(np.uint32)

DECISIONS = [Decision(index, "kept", "majority_vote", 1.0, 0.0, material=index + 1) for index in range(2)]


def segmentation(micrograph: Micrograph | None = None) -> Segmentation:
    masks = Masks.from_labels(LABELS)
    return Segmentation(LABELS, DECISIONS, 2, False, masks, micrograph=micrograph)


def test_a_large_picture_is_reduced_without_steps() -> None:
    fine = (np.indices((1200, 2048)).sum(axis=0) % 2 * 255).astype(np.uint8)
    reduced = np.asarray(picture_of(fine))
    assert reduced.shape == (600, 1024)
    assert np.ptp(reduced[50:-50, 50:-50].astype(int)) < 20  # checks of one pixel are an even grey


def test_one_line() -> None:
    grey = Micrograph(np.full((40, 60), 0.5), name="grey")
    assert repr(grey) == "Micrograph(grey, 60 × 40 px, pixel size unknown)"
    assert repr(Micrograph(grey.pixels, 0.0254321)) == "Micrograph(micrograph, 60 × 40 px, 0.02543 nm/px)"
    assert repr(Masks.from_labels(LABELS)) == "Masks(2 of 60 × 40 px)"
    assert repr(Segmentation(LABELS // 2, [DECISIONS[0]], 1, True, Masks.from_labels(LABELS // 2))) == (
        "Segmentation(1 material of 1 mask, number given: 1, 50.0% segmented)"
    )
    assert repr(segmentation()) == "Segmentation(2 materials of 2 masks, number estimated: 2, 100.0% segmented)"
    grains = np.where(np.arange(40)[:, None] < 20, LABELS, LABELS + 2)
    split = replace(segmentation(), grains=grains, remark="a twin")
    assert repr(split) == (
        "Segmentation(2 materials (4 grains) of 2 masks, number estimated: 2, 100.0% segmented; a twin)"
    )
    assert repr(split.by_grains()) == (
        "Segmentation(4 grains (2 materials) of 2 masks, number estimated: 2, 100.0% segmented; a twin)"
    )
    assert repr(replace(segmentation(), material_of=(1, 1))) == (
        "Segmentation(2 regions (1 material) of 2 masks, number estimated: 2, 100.0% segmented)"
    )
    scene = Scene(grey, LABELS, ["Ge", "SrTiO3"], 2, [10, 1], LABELS)
    assert repr(scene) == "Scene(grey, difficulty 2: Ge, SrTiO3)"


@pytest.mark.parametrize(("shape_hw", "size"), [((40, 60), (60, 40)), ((1500, 3000), (1024, 512))])
def test_a_micrograph_is_shown_in_grey_and_reduced(shape_hw: tuple[int, int], size: tuple[int, int]) -> None:
    picture = Micrograph(np.full(shape_hw, 0.5)).picture()
    assert (picture.mode, picture.size) == ("L", size)
    assert set(np.unique(np.asarray(picture)).tolist()) == {128}


def test_a_segmentation_is_shown_over_its_micrograph() -> None:
    white = segmentation(Micrograph(np.ones((40, 60))))
    with Image.open(io.BytesIO(white._repr_png_())) as picture:
        pixels = np.asarray(picture)
    assert pixels.shape == (40, 60, 3)
    for column, colour in ((10, PALETTE[0]), (50, PALETTE[1])):
        np.testing.assert_allclose(pixels[20, column], 0.55 * 255 + 0.45 * np.array(colour), atol=1)
    black = np.asarray(segmentation().picture())  # the image is not at hand
    np.testing.assert_allclose(black[20, 10], 0.45 * np.array(PALETTE[0]), atol=1)


def test_grains_are_parted_by_dashes() -> None:
    grains = np.where(np.arange(40)[:, None] < 20, LABELS, LABELS + 2)
    whole = segmentation(Micrograph(np.zeros((40, 60))))
    plain, split = (np.asarray(shown.picture()) for shown in (whole, replace(whole, grains=grains)))
    rows, columns = np.nonzero((plain != split).any(axis=2))
    assert set(rows) == {19}
    assert 20 <= len(columns) <= 40, "dashes and gaps"
    assert (split[19, columns] > plain[19, columns]).all(), "lighter than the material"
    assert 29 not in columns, "the line around a material is whole"


def test_a_large_segmentation_is_reduced_with_its_outlines() -> None:
    labels = np.kron(LABELS, np.ones((60, 60), np.uint32)).astype(np.uint32)
    white, masks = Micrograph(np.ones(labels.shape)), Masks.from_labels(labels)
    pixels = np.asarray(Segmentation(labels, DECISIONS, 2, False, masks, micrograph=white).picture())
    assert pixels.shape == (683, 1024, 3)
    np.testing.assert_allclose(pixels[300, 500], 0.55 * 255 + 0.45 * np.array(PALETTE[0]), atol=1)
    np.testing.assert_allclose(pixels[300, 511], 0.05 * 255 + 0.95 * np.array(PALETTE[0]), atol=1)
    np.testing.assert_allclose(pixels[300, 512], 0.55 * 255 + 0.45 * np.array(PALETTE[1]), atol=1)


def test_methods_as_one_line() -> None:
    encoder = build_encoder("spectrum", n_rings=4)
    assert repr(SemanticBooster(encoder, crops=CropRules(n_crops=3))) == (
        f"SemanticBooster({encoder!r}, crops={CropRules(n_crops=3)!r})"
    )
    assert repr(build_encoder("resnet18", weights="random")) == "NetworkEncoder(resnet18, vectors of 512)"
    classifier = build_classifier()
    sha256 = classifier.options["checkpoint_sha256"]
    assert repr(classifier) == f"TrainedClassifier({len(classifier.materials)} materials, weights {sha256[:12]})"


def test_what_segment_gives_knows_its_micrograph() -> None:
    stripes = np.kron([[0, 1]], np.ones((96, 48))) * (np.indices((96, 96)).sum(axis=0) % 6 < 3)
    micrograph = Micrograph(stripes)
    assert segment(micrograph, 2, generator=build_generator("texture")).micrograph is micrograph
