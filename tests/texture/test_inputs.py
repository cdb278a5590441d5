from __future__ import annotations

import numpy as np
import pytest
import torch

from samiam.errors import InputError
from samiam.texture.inputs import as_imagenet, checked_crop, mirror_padded, resized


def test_a_large_crop_stays_as_it_is() -> None:
    crop = np.random.default_rng(0).random((64, 90), np.float32)
    assert mirror_padded(crop, 64) is crop


def test_a_small_crop_keeps_its_pixels_and_goes_on_as_its_mirror_image() -> None:
    crop = np.arange(6, dtype=np.float32).reshape(2, 3)
    grown = mirror_padded(crop, 5)
    assert grown.shape == (5, 5)
    assert np.array_equal(grown[1:3, 1:4], crop)
    assert np.array_equal(grown[1], [0, 0, 1, 2, 2])
    assert np.array_equal(grown[:, 1], [0, 0, 3, 3, 0])


def test_a_crop_much_smaller_than_wanted_is_mirrored_more_than_once() -> None:
    assert mirror_padded(np.array([[0.0, 1.0]], np.float32), 8).shape == (8, 8)


def test_a_stretched_crop_keeps_its_mean() -> None:
    crop = np.random.default_rng(0).random((40, 30), np.float32)
    assert resized(crop, 20).shape == (20, 20)
    assert resized(crop, 20).mean() == pytest.approx(crop.mean(), abs=0.01)


def test_imagenets_normalisation() -> None:
    images = as_imagenet(torch.full((1, 1, 2, 2), 0.485))
    assert images.shape == (1, 3, 2, 2)
    assert torch.allclose(images[0, :, 0, 0], torch.tensor([0, (0.485 - 0.456) / 0.224, (0.485 - 0.406) / 0.225]))


@pytest.mark.parametrize("crop", [np.zeros((0, 4)), np.zeros(4), np.full((2, 2), 1.5), np.full((2, 2), np.nan)])
def test_what_is_no_crop(crop: np.ndarray) -> None:
    with pytest.raises(InputError, match="crop 3 of shape"):
        checked_crop(crop.astype(np.float32), 3)


def test_a_mirrored_read_only_crop_becomes_one_that_torch_takes() -> None:
    crop = np.random.default_rng(0).random((4, 4), np.float32)[:, ::-1]
    crop.flags.writeable = False
    assert torch.from_numpy(checked_crop(crop, 0)).tolist() == crop.tolist()
