from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from samiam.boosting import SemanticBooster
from samiam.errors import InputError
from samiam.field import Pose, canonical_pose, load_field_model
from samiam.records import Masks, Micrograph
from samiam.texture import ContextEncoder, build_encoder
from samiam.texture.compact import CompactEncoder
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


def test_crops_by_themselves() -> None:
    crops = [micrograph().pixels[:60, :60], micrograph().pixels[100:130, :90], micrograph().pixels[:3, :4]]
    vectors = encoder().encode(crops)
    assert vectors.shape == (3, 16)
    np.testing.assert_allclose(encoder().encode(crops[1:2])[0], vectors[1], atol=1e-5)
    assert encoder().encode([]).shape == (0, 16)


def test_crops_within_their_micrograph_are_means_of_the_field() -> None:
    pose = canonical_pose(micrograph().pixels)
    field = load_field_model()(pose.apply(micrograph().pixels)).vectors.numpy()
    vectors = pose.undo(np.moveaxis(field, 0, -1))
    found = encoder().encode_within(micrograph(), np.array([[8, 20], [400, 448]]), [64, 60])
    np.testing.assert_allclose(found[0], vectors[5:21, 2:18].mean(axis=(0, 1)), atol=1e-5)
    np.testing.assert_allclose(found[1], vectors[112:127, 100:115].mean(axis=(0, 1)), atol=1e-5)
    assert encoder().encode_within(micrograph(), np.zeros((0, 2), np.int64), []).shape == (0, 16)


def test_masks_have_points_by_their_size() -> None:
    vectors, owners = encoder().encode_masks(micrograph(), sets())
    counts = np.bincount(owners, minlength=3)
    assert vectors.shape == (len(owners), 16)
    assert (np.diff(owners) >= 0).all()
    assert counts[0] > counts[1] >= 4
    assert counts[0] + counts[1] == pytest.approx(180, abs=8)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-4)
    nothing, nobody = encoder().encode_masks(micrograph(), Masks.empty((512, 512)))
    assert (nothing.shape, nobody.shape) == ((0, 16), (0,))


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


def test_options() -> None:
    assert len(encoder().options["weights_sha256"]) == 64
    with pytest.raises(InputError, match="no option nope"):
        build_encoder("compact", nope=1)
