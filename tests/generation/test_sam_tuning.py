"""SAM's mask decoder, tuned on clicks into labelled images."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from composed_configs import composed
from made_halves import halves, write_dataset
from segment_anything import sam_model_registry
from segment_anything.predictor import SamPredictor
from tiny_sam import as_rgb, tiny_sam

from samiam import build_generator
from samiam.commands.training import run as train
from samiam.errors import InputError
from samiam.generation.sam.tunable import TunableDecoder
from samiam.storage.weight_files import read_card, read_weights, shipped_weights
from samiam.training.labelled.clicks.items import Clicks, Embedded, Poles
from samiam.training.labelled.clicks.learning import mask_losses

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*Checkpoint directory .* exists"),
    pytest.mark.filterwarnings("ignore:.*Experiment logs directory"),
]
QUICK = [
    *("logger=none", "trainer.progress=false", "trainer.accelerator=cpu", "trainer.epochs=1"),
    *("++data.rules.batches=2", "++data.rules.old_scenes=1", "++data.rules.batch_size=2"),
]


def test_masks_are_those_of_the_library() -> None:
    sam, micrograph = tiny_sam(), halves(side=40).micrograph
    network = TunableDecoder(sam)
    with torch.no_grad():
        logits, expected = network(network.embed(micrograph), torch.tensor([[3.0, 9.0]]))
    library = SamPredictor(sam)
    library.set_image(as_rgb(micrograph))
    # Points of the grid of masks, 16 a side over 64 px, in pixels of the image, which is magnified by 1.6.
    point = (np.array([[3.0, 9.0]]) + 0.5) * 4 / 1.6
    _, scores, low = library.predict(point, np.array([1]), return_logits=True)
    np.testing.assert_allclose(logits[0].numpy(), low, atol=1e-4)
    np.testing.assert_allclose(expected[0].numpy(), scores, atol=1e-5)


def test_labels_on_the_grid_of_masks() -> None:
    network = TunableDecoder(tiny_sam())
    assert network.grid_px == 16
    seen = network.seen(np.kron([[1, 2]], np.ones((10, 10), int)))
    assert (seen[:8, :8] == 1).all()
    assert (seen[:8, 8:] == 2).all()
    assert (seen[8:] == -1).all()


def test_clicks_lie_in_what_they_mean() -> None:
    image = Embedded.of(halves(), TunableDecoder(tiny_sam()))
    assert len(image.regions) == 2
    for dataset in (Clicks([image], 3, 5, seed=0), Poles([image])):
        for targets, points, _, is_known in (dataset[index] for index in range(len(dataset))):
            assert all(mask[0, int(y), int(x)] == 1 for (x, y), mask in zip(points, targets, strict=True))
            assert is_known.all()


def test_losses_by_hand() -> None:
    target = torch.tensor([[[[1.0, 1.0], [0.0, 0.0]]]])
    logits = torch.tensor([[[[50.0, 50.0], [-50.0, -50.0]], [[-50.0, 50.0], [50.0, -50.0]]]])
    loss, iou = mask_losses(logits, target, torch.ones(2, 2))
    assert iou.tolist() == [[1.0, pytest.approx(1 / 3)]]
    assert float(loss[0, 0]) == pytest.approx(0, abs=1e-5)
    # Surprises of 50, weighed by 0.25 inside and 0.75 outside, over four points; Dice with one point of both in common.
    assert float(loss[0, 1]) == pytest.approx(20 * (0.25 + 0.75) * 50 / 4 + 1 - (2 + 1) / (4 + 1))
    _, iou = mask_losses(logits, target, torch.tensor([[0.0, 1.0], [0.0, 1.0]]))
    assert iou[0, 1] == pytest.approx(0.5)  # what is not known does not count where it is found


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state dict of a tiny SAM that stands where ViT-B belongs."""
    monkeypatch.setenv("SAMIAM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(sam_model_registry, "vit_b", lambda: tiny_sam(seed=8))
    torch.save(tiny_sam().state_dict(), tmp_path / "tiny.pth")
    return tmp_path / "tiny.pth"


def test_a_tuned_decoder(checkpoint: Path, tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "set", {"a": "train", "b": "val", "c": "test"})
    sha256 = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    words = (f"learner.start={checkpoint}", f"learner.start_sha256={sha256}", "++data.rules.least_gain=0.0")
    config = composed("train", "experiment=labelled_sam", f"data.folder={dataset}", *QUICK, *words)
    train.train(config, tmp_path / "run", "a command")
    weights = tmp_path / "run" / "sam_mask_decoder.safetensors"
    card = read_card(weights)
    assert {"val/click_iou", "old/click_iou", "test/click_iou"} <= set(card["scores"])
    assert list((tmp_path / "cache").rglob("*.npy"))  # embedded once
    options: dict[str, Any] = {
        "checkpoint": checkpoint,
        "checkpoint_sha256": sha256,
        "device": "cpu",
        "crop_n_layers": 0,
    }
    made = build_generator("vit_b", **options, decoder=weights, decoder_sha256=card["sha256"])
    assert made.options["decoder_sha256"] == card["sha256"]
    own, tensors = made._decoder._sam.mask_decoder.state_dict(), read_weights(weights)[0]  # type: ignore[attr-defined]
    assert _is_same(own, tensors)
    other = tmp_path / "other.pth"
    state = torch.load(checkpoint, weights_only=True)
    torch.save({name: tensor + 1 for name, tensor in state.items()}, other)
    beside = {**options, "checkpoint": other, "checkpoint_sha256": hashlib.sha256(other.read_bytes()).hexdigest()}
    with pytest.raises(InputError, match="give the one that it was tuned with"):
        build_generator("vit_b", **beside, decoder=weights)
    with pytest.raises(InputError, match="not of a mask decoder"):
        build_generator("vit_b", **options, decoder=shipped_weights("fenet_lattices"))


def _is_same(first: Mapping[str, torch.Tensor], second: Mapping[str, torch.Tensor]) -> bool:
    return all(torch.equal(first[name], tensor) for name, tensor in second.items())
