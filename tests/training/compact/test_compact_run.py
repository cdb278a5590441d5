"""The compact generator from its config to weights that generate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from composed_configs import composed

from samiam import build_encoder, build_generator
from samiam.commands.training import run as train
from samiam.compact.network import FieldNetwork, FieldSize
from samiam.compact.regions.calibration import read_calibration
from samiam.compact.weights import shipped_calibration
from samiam.errors import InputError
from samiam.storage.weight_files import read_card, read_weights
from simulate import procedural_scene

TINY = [
    *("experiment=compact", "logger=none", "data.shape_hw=[64,64]", "data.rules.scenes=4", "data.rules.val_scenes=1"),
    "+data.rules.scenes_of_slice=1",
    *("data.rules.batch_size=2", "data.workers=0", "trainer.accelerator=cpu", "trainer.progress=false"),
    *("+learner.calibration.scenes=1", "+learner.calibration.distance_scenes=1"),
    *("+learner.size.widths=[8,8,16]", "+learner.size.depths=[1,1,2]", "+learner.size.n_heads=2"),
]


def settings(*overrides: str) -> dict[str, Any]:
    return composed("train", *TINY, *overrides)


@pytest.mark.filterwarnings("ignore")  # of Lightning's own dependencies
@pytest.mark.slow
def test_weights_that_generate_and_a_run_that_goes_on(tmp_path: Path) -> None:
    whole, halted = tmp_path / "whole", tmp_path / "halted"
    train.train(settings("trainer.epochs=2"), whole, "a command")
    train.train(settings("trainer.epochs=1"), halted, "a command")
    averaged = torch.load(halted / "checkpoints" / "last.ckpt", weights_only=False)
    own = {name.removeprefix("network."): tensor for name, tensor in averaged["state_dict"].items()}
    kept, facts = read_weights(halted / "compact.safetensors")
    assert facts["widths"] == [8, 8, 16]
    assert {"val/score"} <= set(read_card(halted / "compact.safetensors")["scores"])
    for name, tensor in kept.items():
        torch.testing.assert_close(tensor, own[name].to(tensor.dtype), atol=1e-2, rtol=1e-2)
    latest = averaged["current_model_state"]
    assert any(not torch.equal(averaged["state_dict"][name], tensor) for name, tensor in latest.items())

    train.train(settings("trainer.epochs=2"), halted, "a command, resumed", resume=True)
    resumed, at_once = (read_weights(folder / "compact.safetensors")[0] for folder in (halted, whole))
    for name, tensor in at_once.items():
        torch.testing.assert_close(resumed[name], tensor, atol=0, rtol=0)

    calibration = read_calibration(whole / "compact.safetensors")
    assert calibration.estimator == "distance"
    assert calibration != shipped_calibration()

    micrograph = procedural_scene(0, shape_hw=(96, 96)).micrograph
    weights = whole / "compact.safetensors"
    masks = build_generator("compact", weights=weights, device="cpu", pred_iou_thresh=0).generate(micrograph)
    assert masks.shape_hw == (96, 96)
    vectors, _ = build_encoder("compact", weights=weights, device="cpu").encode_masks(micrograph, masks)  # type: ignore[attr-defined]
    assert np.isfinite(vectors).all()


@pytest.mark.filterwarnings("ignore")  # likewise
@pytest.mark.slow
def test_mixed_precision(tmp_path: Path) -> None:
    train.train(settings("trainer.epochs=1", "trainer.precision=bf16-mixed"), tmp_path / "run", "a command")
    kept, _ = read_weights(tmp_path / "run" / "compact.safetensors")
    assert all(torch.isfinite(tensor.float()).all() for tensor in kept.values())


@pytest.mark.filterwarnings("ignore")  # likewise
@pytest.mark.parametrize("decay", [0.0, 0.998])
@pytest.mark.slow
def test_the_weights_are_the_averaged_ones(tmp_path: Path, decay: float) -> None:
    fast = (
        "+learner.options.warm_up_steps=1",
        "+learner.options.learning_rate=0.01",
        f"+learner.options.ema_decay={decay}",
    )
    train.train(settings("trainer.epochs=1", *fast), tmp_path / "run", "a command")
    kept, _ = read_weights(tmp_path / "run" / "compact.safetensors")
    best = torch.load(tmp_path / "run" / "checkpoints" / "best.ckpt", weights_only=False)
    averaged, latest = (
        {name: best[state][f"network.{name}"].half().float() for name in kept if kept[name].is_floating_point()}
        for state in ("state_dict", "current_model_state")
    )
    assert all(torch.equal(kept[name], tensor) for name, tensor in averaged.items())
    follows = [torch.equal(kept[name], tensor) for name, tensor in latest.items()]
    assert all(follows) if decay == 0 else not all(follows)


@pytest.mark.filterwarnings("ignore")  # likewise
@pytest.mark.slow
def test_a_run_may_start_from_weights(tmp_path: Path) -> None:
    train.train(settings("trainer.epochs=1"), tmp_path / "first", "the first command")
    start = tmp_path / "first" / "compact.safetensors"
    from_there = [override for override in TINY if not override.startswith("+learner.size")]
    still = ["+learner.options.learning_rate=1e-12", "+learner.options.weight_decay=0", f"learner.start={start}"]
    config = composed("train", *from_there, *still, "trainer.epochs=1")
    train.train(config, tmp_path / "second", "the second command")
    first, second = (read_weights(tmp_path / run / "compact.safetensors")[0] for run in ("first", "second"))
    learnt = dict(FieldNetwork(FieldSize((8, 8, 16), (1, 1, 2), 2)).named_parameters())
    for name, tensor in first.items():
        if name in learnt:
            torch.testing.assert_close(second[name], tensor)
        elif name.endswith("running_mean"):
            assert not torch.equal(second[name], tensor)
    assert read_card(tmp_path / "second" / "compact.safetensors")["start"] == read_card(start)


def test_a_size_and_weights_contradict_each_other(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="give one of both"):
        train.job_of(train.read_training(settings(f"learner.start={tmp_path}")))


def test_a_scene_that_is_not_square() -> None:
    with pytest.raises(InputError, match=r"data.shape_hw=\[100, 130\]: give a list of 2, each .*, all of them equal\."):
        train.read_training(settings("data.shape_hw=[100,130]"))
