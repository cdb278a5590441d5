"""Files from elsewhere run no code, whichever loader they are given to."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from refusals import refusal
from safetensors.torch import save_file

from samiam import Masks, Scene, Segmentation, read_micrograph
from samiam.commands.composing.program import TRAIN
from samiam.commands.composing.running import main
from samiam.compact.settings import NETWORK
from samiam.compact.sights import read_network
from samiam.errors import InputError
from samiam.records import Micrograph
from samiam.storage.checkpoints import load_state_dict
from samiam.storage.files import sha256_of
from samiam.storage.weight_files import read_card, read_weights, write_weights
from samiam.texture.classifier import load_classifier
from samiam.texture.fenet_encoder import LATTICES, load_fenet
from samiam.training.run import read_checkpoint
from simulate.library.entries import read_entry


class Malicious:
    """Makes a file where it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.trace,)


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "trace"
    pickle.loads(pickle.dumps(Malicious(path)))
    assert path.exists(), "it works"
    path.unlink()
    return path


def _pickled(path: Path, trace: Path) -> None:
    path.write_bytes(pickle.dumps(Malicious(trace)))


def _saved_by_numpy(path: Path, trace: Path) -> None:
    with open(path, "wb") as file:
        np.save(file, np.array([[Malicious(trace)]], object), allow_pickle=True)


def _archived(path: Path, trace: Path) -> None:
    objects = np.array([Malicious(trace)], object)
    names = ("kind", "packed", "shape_hw", "pixels", "labels", "header", "images", "grains")
    np.savez(path, **dict.fromkeys(names, objects))  # type: ignore[arg-type]


def _saved_by_torch(path: Path, trace: Path) -> None:
    torch.save({"weight": torch.zeros(1), "more": Malicious(trace)}, path)


def _load_checkpoint(path: Path) -> object:
    return load_state_dict("vit_b", path=path, sha256=sha256_of(path))


@pytest.mark.parametrize(
    ("write", "name", "load"),
    [
        (_saved_by_numpy, "a.npy", read_micrograph),
        (_pickled, "a.npy", read_micrograph),
        (_archived, "a.npz", Masks.load),
        (_archived, "a.npz", Segmentation.load),
        (_archived, "a.npz", Scene.load),
        (_archived, "a.npz", Micrograph.load),
        (_archived, "a.npz", lambda path: read_entry("a", path.parent)),
        (_pickled, "a.npz", Masks.load),
        (_saved_by_torch, "a.pth", _load_checkpoint),
        (_pickled, "a.pt", _load_checkpoint),
        (_saved_by_torch, "a.ckpt", read_checkpoint),
        (_pickled, "a.ckpt", read_checkpoint),
        (_pickled, "a.safetensors", read_weights),
        (_saved_by_torch, "a.safetensors", read_weights),
        (_pickled, "a.json", read_card),
    ],
)
def test_a_pickle_is_never_run(
    tmp_path: Path, trace: Path, write: Callable[..., None], name: str, load: Callable[[Path], object]
) -> None:
    write(tmp_path / name, trace)
    refusal(lambda: load(tmp_path / name))
    assert not trace.exists()


@pytest.mark.slow  # it imports all that trains
@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:pathlib.Path.touch [!!python/object/apply:pathlib.Path [TRACE]]",
        "data: !!python/object/new:os.system ['touch TRACE']",
        "",
        "3",
        "[" * 5000,
        "resume: elsewhere",
        "data: {name: lattices",
    ],
)
def test_the_settings_of_a_resumed_run(
    tmp_path: Path, trace: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "last.ckpt").touch()
    (tmp_path / "settings.yaml").write_text(text.replace("TRACE", str(trace)))
    quiet = ["hydra/job_logging=none", "hydra/hydra_logging=none", f"hydra.run.dir={tmp_path / 'unused'}"]
    assert main(TRAIN, [f"resume={tmp_path}", *quiet]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not trace.exists()


class TestWeights:
    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_numbers_that_are_not_finite(self, tmp_path: Path, value: float) -> None:
        write_weights(tmp_path / "a.safetensors", {"w": torch.tensor([1.0, value])}, {"network": "x"}, {})
        assert "w has numbers that are not finite" in refusal(lambda: read_weights(tmp_path / "a.safetensors"))

    @pytest.mark.parametrize("facts", ["[" * 5000, '{"network": NaN}', "3", '{"network": ' + "9" * 5000 + "}"])
    def test_facts_that_are_none(self, tmp_path: Path, facts: str) -> None:
        save_file({"w": torch.zeros(1)}, tmp_path / "a.safetensors", metadata={"samiam": facts})
        refusal(lambda: read_weights(tmp_path / "a.safetensors"))

    @pytest.mark.parametrize(
        ("load", "facts"),
        [
            (read_network, {"network": NETWORK}),
            (read_network, {"network": NETWORK, "widths": [8, 8, 16], "depths": [10**9, 1, 1], "n_heads": 2}),
            (read_network, {"network": NETWORK, "widths": [8, 8, 10**9], "depths": [1, 1, 1], "n_heads": 2}),
            (read_network, {"network": NETWORK, "widths": "888", "depths": None, "n_heads": []}),
            (load_fenet, {"network": "fenet"}),
            (load_fenet, {**LATTICES, "backbone": "vit_h_14"}),
            (load_fenet, {**LATTICES, "stages": 10**9}),
            (load_fenet, {**LATTICES, "classes": 10**12}),
            (load_fenet, {**LATTICES, "classes": "many"}),
            (load_fenet, {**LATTICES, "input": {"kind": "resized", "side_px": 10**9}}),
            (load_fenet, {**LATTICES, "input": 3}),
            (load_classifier, {"network": "crop_classifier", "architecture": "fenet", "materials": 3}),
            (load_classifier, {"network": "crop_classifier", "architecture": "fenet", "materials": ["a", 3]}),
            (load_classifier, {"network": "crop_classifier", "architecture": [], "materials": ["a", "b"]}),
        ],
    )
    def test_impossible_facts(self, tmp_path: Path, load: Callable[[Path], object], facts: dict[str, Any]) -> None:
        write_weights(tmp_path / "a.safetensors", {"w": torch.zeros(4)}, facts, {})
        refusal(lambda: load(tmp_path / "a.safetensors"))


class TestTamperedMasks:
    @pytest.mark.parametrize(
        "changes",
        [
            {"shape_hw": [2**40, 2**40]},
            {"shape_hw": [4, -4]},
            {"shape_hw": [4]},
            {"shape_hw": ["a", "b"]},
            {"shape_hw": [4.5, 9.0]},
            {"packed": np.zeros((1, 4, 3), np.uint8)},
            {"packed": np.zeros((1, 4, 2), float)},
            {"packed": np.zeros((4, 2), np.uint8)},
            {"packed": np.full((1, 4, 2), 255, np.uint8)},  # pixels beyond the border
            {"predicted_iou": np.zeros(7)},
            {"predicted_iou": np.array(["a"])},
            {"crop_boxes_xywh": np.zeros((1, 5))},
        ],
    )
    def test_what_does_not_fit_together(self, tmp_path: Path, changes: dict[str, Any]) -> None:
        Masks.from_arrays(np.ones((1, 4, 9), bool)).save(tmp_path / "a.npz")
        with np.load(tmp_path / "a.npz") as archive:
            fields = {**archive, **changes}
        np.savez(tmp_path / "a.npz", **fields)
        assert f"{tmp_path / 'a.npz'}: no Masks as it was saved" in refusal(lambda: Masks.load(tmp_path / "a.npz"))

    @pytest.mark.parametrize("header", ["", "3", "[" * 5000, '{"decisions": [{"mask": 0}]}', '{"decisions": 3}'])
    def test_headers(self, tmp_path: Path, header: str) -> None:
        labels = np.ones((4, 9), np.uint32)
        Masks.empty((4, 9)).save(tmp_path / "a_generated.npz")
        for kind, load in (("Segmentation", Segmentation.load), ("Scene", Scene.load), ("Micrograph", Micrograph.load)):
            np.savez(tmp_path / "a.npz", kind=kind, pixels=labels / 2, labels=labels, grains=labels, header=header)
            with pytest.raises(InputError, match=r"a\.npz: no "):
                load(tmp_path / "a.npz")  # type: ignore[operator]
