"""What the encoder made is kept by content where the user gives it room."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_sam import ALL, generator

from samiam.errors import InputError
from samiam.generation.sam.encoder import TiledEncoder
from samiam.generation.sam.settings import SamOptions
from samiam.records import Micrograph


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[int]:
    """A list that grows with each pass of the encoder; the cache is in a folder of its own."""
    monkeypatch.setenv("SAMIAM_CACHE", str(tmp_path))
    made: list[int] = []
    embedding = TiledEncoder._embedding

    def counting(encoder: TiledEncoder, image: torch.Tensor) -> torch.Tensor:
        made.append(1)
        return embedding(encoder, image)

    monkeypatch.setattr(TiledEncoder, "_embedding", counting)
    return made


KEPT = replace(ALL, embeddings_gb=0.1)


@pytest.fixture
def micrograph() -> Micrograph:
    return Micrograph(np.random.default_rng(0).random((150, 200), dtype=np.float32), name="noise")


def test_another_threshold_costs_no_pass(passes: list[int], micrograph: Micrograph) -> None:
    first = generator(KEPT).generate(micrograph)
    assert len(passes) == 5
    again = generator(KEPT).generate(micrograph)
    generator(replace(KEPT, box_nms_thresh=0.5)).generate(micrograph)
    assert len(passes) == 5
    np.testing.assert_array_equal(first.packed, again.packed)
    np.testing.assert_array_equal(first.packed, generator().generate(micrograph).packed)


def test_another_image_precision_or_network_costs_one(passes: list[int], micrograph: Micrograph) -> None:
    whole = replace(KEPT, crop_n_layers=0)
    generator(whole).generate(micrograph)
    generator(whole).generate(Micrograph(1 - micrograph.pixels))
    generator(replace(whole, precision="bfloat16")).generate(micrograph)
    other = generator(whole)
    other._predictor.model.image_encoder._weights = "1" * 64
    other.generate(micrograph)
    assert len(passes) == 4


def test_nothing_is_kept_unless_asked_for(passes: list[int], micrograph: Micrograph, tmp_path: Path) -> None:
    generator(ALL).generate(micrograph)
    assert len(passes) == 5
    assert list(tmp_path.iterdir()) == []


def test_what_does_not_decide_masks_is_no_provenance() -> None:
    assert replace(KEPT, points_per_batch=3).decisive == ALL.decisive
    assert replace(ALL, precision="bfloat16").decisive != ALL.decisive


def test_room_for_no_image_and_a_folder_that_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"^embeddings_gb=0\.001: holds no image; give 0\.03 or more, or 0\.$"):
        SamOptions(embeddings_gb=0.001)
    (tmp_path / "file").touch()
    monkeypatch.setenv("SAMIAM_CACHE", str(tmp_path / "file"))
    with pytest.raises(InputError, match="cannot be written to"):
        generator(KEPT)


@pytest.mark.parametrize("name", ["points_per_side", "crop_n_layers", "crop_n_points_downscale_factor"])
def test_boundaries_have_no_grid(name: str) -> None:
    with pytest.raises(InputError, match=f"^{name}=3: prompts=boundaries has no grid; leave it out"):
        SamOptions(prompts="boundaries", **{name: 3})


class Corner:
    """Places near a corner."""

    sha256 = "c" * 64

    def __call__(self, micrograph: Micrograph) -> np.ndarray:
        assert micrograph.name == "noise"
        return np.array([[10.0, 20.0], [30.0, 40.0]])


def test_prompts_are_where_the_places_are(micrograph: Micrograph) -> None:
    options = SamOptions(prompts="boundaries", pred_iou_thresh=0, stability_score_thresh=0, min_mask_region_area=0)
    made = generator(options, places=Corner())
    masks = made.generate(micrograph)
    assert {tuple(xy) for xy in masks.points_xy.tolist()} <= {(10, 20), (30, 40)}
    assert len(masks) > 0
    np.testing.assert_array_equal(masks.crop_boxes_xywh, [(0, 0, 200, 150)] * len(masks))
    assert made.options["places_sha256"] == "c" * 64
    with pytest.raises(InputError, match="prompts=boundaries: give the places"):
        generator(options)
