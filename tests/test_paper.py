"""`experiment=paper` with files of the paper's kinds whose content is random: as far as it runs without a download."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from segment_anything import sam_model_registry

from samiam.commands.composing.program import EVALUATE
from samiam.commands.composing.running import main
from samiam.storage.files import sha256_of
from samiam.storage.weight_files import write_weights
from samiam.texture.fenet_encoder import DTD, new_fenet
from simulate import procedural_scene

SITE = "CHESS_Labeling_Round_1"
EXPERTS = {"12-15-23_Spurgeon_CHESS_Labeling_Round_1": 0, "12-17-23_Doty_CHESS_Labeling_Round_1": 3}
"""Folders of the two annotators, and by how many pixels their labels are off."""


def write_tree(folder: Path) -> None:
    """One micrograph that two annotators labelled, laid out as the paper's record."""
    scene = procedural_scene(3, difficulty=1, shape_hw=(192, 256))
    root = folder / SITE
    for expert, off_px in EXPERTS.items():
        (root / expert / "dataset").mkdir(parents=True)
        labels = root / expert / "labels_merged" / "image"
        labels.mkdir(parents=True)
        pixels = (255 * scene.micrograph.pixels).astype(np.uint8)
        Image.fromarray(pixels).save(root / expert / "dataset" / "image.jpg", quality=95)
        for number, mask in enumerate(scene.truth, start=1):
            moved = np.roll(mask, (off_px, off_px), axis=(0, 1))
            Image.fromarray(255 * moved.astype(np.uint8)).save(labels / f"m{number}-merged-{number}.png")
    (root / "notes.csv").write_text("1,image.jpg,4,754\n")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The overrides that name a ViT-B, a FENet and a tree of labels."""
    folder = tmp_path_factory.mktemp("files")
    write_tree(folder / "record")
    torch.manual_seed(0)
    checkpoint, encoder = folder / "vit_b.pth", folder / "fenet_dtd.safetensors"
    torch.save(sam_model_registry["vit_b"]().state_dict(), checkpoint)
    write_weights(encoder, new_fenet(DTD, 0).state_dict(), DTD, {})
    return [
        f"benchmark.folder={folder / 'record'}",
        "generator.name=vit_b",
        f"++generator.options={{checkpoint:{checkpoint},checkpoint_sha256:{sha256_of(checkpoint)}}}",
        f"encoder.options.checkpoint={encoder}",
    ]


@pytest.fixture
def paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs the experiment in a folder that holds nothing, without a network; gives its exit code."""
    for name, value in {"SAMIAM_CACHE": str(tmp_path / "cache"), "https_proxy": "http://127.0.0.1:1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    quiet = ["hydra/job_logging=none", "hydra/hydra_logging=none"]
    return lambda *overrides: main(
        EVALUATE, ["experiment=paper", "logger=none", "hydra.run.dir=run", *quiet, *overrides]
    )


@pytest.mark.slow
def test_the_whole_path(tmp_path: Path, files: list[str], paper: Callable[..., int]) -> None:
    # Random weights promise little of their masks: with the paper's thresholds none would be left.
    weak = "{pred_iou_thresh:0,stability_score_thresh:0,box_nms_thresh:0.99,min_mask_region_area:0,points_per_side:4}"
    assert paper(*files, f"++generator.options={weak}", *files[2:3]) == 0
    report = tmp_path / "run" / "report"
    images = pd.read_csv(report / "images.csv")
    assert images["method"].tolist() == ["vit_b", "vit_b + booster"] * 2
    assert images["difficulty"].tolist() == [3] * 4  # level 4
    assert images["labelling_s"].tolist() == [754] * 4
    assert images["image"].tolist() == ["image"] * 4
    agreement = pd.read_csv(report / "agreement.csv")
    assert agreement["image"].tolist() == ["image"]
    assert 0.8 < agreement["miou"][0] < 1
    assert "## Agreement of the annotators" in (report / "report.md").read_text()
    assert (report / "figures" / "chart-labelling.png").is_file()


@pytest.mark.parametrize(
    ("overrides", "parts"),
    [
        ([], ["zenodo.org", "sam_vit_l_0b3195.pth", "fenet_dtd has no weights of its own"]),
        (["benchmark.folder=record"], ["sam_vit_l_0b3195.pth", "fenet_dtd has no weights of its own"]),
        (["benchmark.folder=record", "generator=texture"], ["fenet_dtd has no weights of its own"]),
    ],
)
def test_what_is_missing_is_said_in_one_line(
    tmp_path: Path,
    paper: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    overrides: list[str],
    parts: list[str],
) -> None:
    write_tree(tmp_path / "record")
    assert paper(*overrides) == 2
    out, err = capsys.readouterr()
    (line,) = [line for line in err.splitlines() if line]
    assert (out, line[:13]) == ("", "evaluate.py: ")
    assert [part for part in parts if part in line] == parts, "all that is missing, at once"
    assert line.count("; and ") == len(parts) - 1
    assert not (tmp_path / "run").exists()
