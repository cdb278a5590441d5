from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from samiam.boosting import SemanticBooster
from samiam.compact.encoder import CompactEncoder
from samiam.compact.weights import look
from samiam.errors import InputError
from samiam.records import Masks, Micrograph
from samiam.registry import build_encoder, build_generator
from samiam.texture import Answers, ContextEncoder
from samiam.texture.pose import Pose, canonical_pose
from simulate import procedural_scene


@lru_cache
def encoder() -> CompactEncoder:
    found = build_encoder("compact", device="cpu")
    assert isinstance(found, CompactEncoder)
    return found


@lru_cache
def micrograph() -> Micrograph:
    return procedural_scene(1, shape_hw=(512, 512)).micrograph


def sets() -> Masks:
    masks = np.zeros((3, 512, 512), np.bool_)
    masks[0, :200], masks[1, 300:, :256], masks[2, 300:303, 300:303] = True, True, True
    return Masks.from_arrays(masks)


LENGTH = 3 * 16
"""Of the weights that ship: two networks, of which one looks twice."""


def test_crops_by_themselves() -> None:
    crops = [micrograph().pixels[:60, :60], micrograph().pixels[100:130, :90], micrograph().pixels[:3, :4]]
    vectors = encoder().encode(crops)
    assert vectors.shape == (3, LENGTH)
    for crop, vector in zip(crops, vectors, strict=True):
        np.testing.assert_array_equal(encoder().encode([crop])[0], vector)
    assert len(np.unique(vectors, axis=0)) == 3
    assert encoder().encode([]).shape == (0, LENGTH)


def test_a_crop_is_looked_at_as_large_as_it_is() -> None:
    strip = Micrograph(micrograph().pixels[:64])
    assert look(strip).scale == 1
    (found,) = encoder().encode([look(strip).pose.apply(strip.pixels)])
    np.testing.assert_allclose(found, look(strip).vectors.mean(axis=(1, 2)), atol=1e-5)


def test_crops_within_their_micrograph_are_means_of_the_field() -> None:
    pose = canonical_pose(micrograph().pixels)
    vectors = pose.undo(np.moveaxis(look(micrograph()).vectors, 0, -1))
    found = encoder().encode_within(micrograph(), np.array([[8, 20], [400, 448]]), [64, 60])
    np.testing.assert_allclose(found[0], vectors[5:21, 2:18].mean(axis=(0, 1)), atol=1e-5)
    np.testing.assert_allclose(found[1], vectors[112:127, 100:115].mean(axis=(0, 1)), atol=1e-5)
    assert encoder().encode_within(micrograph(), np.zeros((0, 2), np.int64), []).shape == (0, LENGTH)


def test_masks_have_points_by_their_size() -> None:
    vectors, owners = encoder().encode_masks(micrograph(), sets())
    counts = np.bincount(owners, minlength=3)
    assert vectors.shape == (len(owners), LENGTH)
    assert (np.diff(owners) >= 0).all()
    assert counts[0] > counts[1] >= 4
    assert counts[0] + counts[1] == pytest.approx(180, abs=8)
    assert counts[2] <= 1  # it has no more points than that
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-4)
    nothing, nobody = encoder().encode_masks(micrograph(), Masks.empty((512, 512)))
    assert (nothing.shape, nobody.shape) == ((0, LENGTH), (0,))


def test_a_small_mask_beside_large_ones_has_a_few_points_of_its_own() -> None:
    masks = np.zeros((2, 512, 512), np.bool_)
    masks[0, 60:], masks[1, 8:32, 8:32] = True, True
    vectors, owners = encoder().encode_masks(micrograph(), Masks.from_arrays(masks))
    assert np.bincount(owners)[1] == 4
    pose = canonical_pose(micrograph().pixels)
    within = pose.undo(np.moveaxis(look(micrograph()).vectors, 0, -1))[2:8, 2:8].reshape(-1, LENGTH)
    assert all((vector == within).all(axis=1).any() for vector in vectors[owners == 1])


def test_a_turned_micrograph_has_the_same_vectors() -> None:
    pose = Pose(True, False, True)
    turned = Micrograph(np.ascontiguousarray(pose.apply(micrograph().pixels)))
    masks = Masks.from_arrays([pose.apply(mask) for mask in sets()])
    (first, owners), (second, others) = (
        encoder().encode_masks(image, given) for image, given in ((micrograph(), sets()), (turned, masks))
    )
    np.testing.assert_array_equal(owners, others)
    np.testing.assert_array_equal(first, second)


def test_masks_of_another_shape() -> None:
    with pytest.raises(InputError, match="do not fit"):
        encoder().encode_masks(micrograph(), Masks.empty((9, 9)))


def test_who_can_do_without_crops() -> None:
    assert isinstance(encoder(), ContextEncoder)
    spectrum = build_encoder("spectrum")
    assert not isinstance(spectrum, ContextEncoder)
    assert SemanticBooster(encoder()).options["embedding"] == "masks"
    assert SemanticBooster(encoder(), embedding="crops").options["embedding"] == "crops"
    assert SemanticBooster(spectrum).options["embedding"] == "crops"
    with pytest.raises(InputError, match="spectrum needs crops"):
        SemanticBooster(spectrum, embedding="masks")
    with pytest.raises(InputError, match="give 'crops' or 'masks'"):
        SemanticBooster(spectrum, embedding="pixels")  # type: ignore[arg-type]


class Classifier:
    """Names all crops alike, the brighter the surer."""

    name = "classifier"
    materials = ("a", "b")
    options: Mapping[str, Any] = {}

    def classify(self, crops: Sequence[NDArray[np.float32]]) -> Answers:
        sure = np.array([[0.5 + crop.mean() / 2, 0.0] for crop in crops], np.float32)
        return Answers(np.zeros(len(crops), np.int64), sure)


@pytest.mark.parametrize("n_materials", [None, 3])
def test_materials_are_told_apart_first_and_then_named_once(n_materials: int | None) -> None:
    masks = build_generator("compact").generate(micrograph())
    alone = SemanticBooster(encoder())(micrograph(), masks, n_materials)
    named = SemanticBooster(encoder(), classifier=Classifier())(micrograph(), masks, n_materials)
    np.testing.assert_array_equal(named.labels, alone.labels)
    assert named.decisions == alone.decisions
    brightness = [micrograph().pixels[alone.labels == label].mean() for label in range(1, len(alone.masks) + 1)]
    brightest = int(np.argmax(brightness))
    assert [name for name in named.names if name is not None] == ["a"]
    assert named.names[brightest] == "a"
    confidence = named.name_confidence[brightest]
    assert confidence == pytest.approx(0.5 + brightness[brightest] / 2, abs=0.03)
    assert [one for one in named.name_confidence if one is not None] == [confidence]


def test_crops_of_masks_are_classified_where_they_are_embedded() -> None:
    masks = build_generator("compact").generate(micrograph())
    of_crops = SemanticBooster(encoder(), classifier=Classifier(), embedding="crops")
    assert of_crops.options["embedding"] == "crops"
    assert SemanticBooster(encoder(), classifier=Classifier()).options["embedding"] == "masks"
    assert of_crops(micrograph(), masks).names == ("a",)


def test_options() -> None:
    assert len(encoder().options["weights_sha256"]) == 64
    with pytest.raises(InputError, match="no setting 'nope'"):
        build_encoder("compact", nope=1)
