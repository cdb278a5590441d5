"""The compact generator from its config to weights that generate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from composed_configs import composed

import train
from samiam import build_encoder, build_generator
from samiam.weight_files import read_card, read_weights
from simulate import procedural_scene

TINY = [
    *("experiment=compact", "logger=none", "data.shape_hw=[64,64]", "data.rules.scenes=4", "data.rules.val_scenes=1"),
    *("data.rules.batch_size=2", "data.workers=0", "trainer.accelerator=cpu", "trainer.progress=false"),
    *("+learner.size.widths=[8,8,16]", "+learner.size.depths=[1,1,2]", "+learner.size.n_heads=2"),
]


def settings(*overrides: str) -> dict[str, Any]:
    return composed("train", *TINY, *overrides)


@pytest.mark.filterwarnings("ignore")  # of Lightning's own dependencies
def test_weights_that_generate_and_a_run_that_goes_on(tmp_path: Path) -> None:
    whole, halted = tmp_path / "whole", tmp_path / "halted"
    train.train(settings("trainer.epochs=2"), whole, "a command")
    train.train(settings("trainer.epochs=1"), halted, "a command")
    averaged = torch.load(halted / "checkpoints" / "last.ckpt", weights_only=False)
    own = {name.removeprefix("network."): tensor for name, tensor in averaged["state_dict"].items()}
    kept, facts = read_weights(halted / "compact.safetensors")
    assert facts["widths"] == [8, 8, 16]
    assert {"val/kmeans_iou"} <= set(read_card(halted / "compact.safetensors")["scores"])
    for name, tensor in kept.items():
        torch.testing.assert_close(tensor, own[name].to(tensor.dtype), atol=1e-2, rtol=1e-2)
    latest = averaged["current_model_state"]
    assert any(not torch.equal(averaged["state_dict"][name], tensor) for name, tensor in latest.items())

    train.train(settings("trainer.epochs=2"), halted, "a command, resumed", resume=True)
    resumed, at_once = (read_weights(folder / "compact.safetensors")[0] for folder in (halted, whole))
    for name, tensor in at_once.items():
        torch.testing.assert_close(resumed[name], tensor, atol=0, rtol=0)

    micrograph = procedural_scene(0, shape_hw=(96, 96)).micrograph
    weights = whole / "compact.safetensors"
    masks = build_generator("compact", weights=weights, device="cpu", pred_iou_thresh=0).generate(micrograph)
    assert masks.shape_hw == (96, 96)
    vectors, _ = build_encoder("compact", weights=weights, device="cpu").encode_masks(micrograph, masks)  # type: ignore[attr-defined]
    assert np.isfinite(vectors).all()


@pytest.mark.filterwarnings("ignore")  # likewise
def test_mixed_precision(tmp_path: Path) -> None:
    train.train(settings("trainer.epochs=1", "trainer.precision=bf16-mixed"), tmp_path / "run", "a command")
    kept, _ = read_weights(tmp_path / "run" / "compact.safetensors")
    assert all(torch.isfinite(tensor.float()).all() for tensor in kept.values())
