"""Settings, experiments, options, materials and generators that were mistyped: refused, the right name suggested.

That nothing heavy is imported before is held by tests/test_light_face.py.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hydra.core.global_hydra import GlobalHydra

from samiam.cli import main
from samiam.commands.composing import running
from samiam.commands.composing.program import TRAIN

MISTYPES = [
    # what is typed, and what has to be suggested
    ("evaluate ++n_material=estimated", "n_materials"),
    ("evaluate +generatr=texture", "generator"),
    ("evaluate generator=textur", "texture"),
    ("evaluate experiment=ablation_crop", "ablation_crops"),
    ("evaluate experiment=baseline", "baselines"),
    ("evaluate experiment=compact", "train.py"),
    ("evaluate booster.crop.n_crops=4", "crops"),
    ("evaluate booster.crops.n_crop=4", "n_crops"),
    ("evaluate n_crops=4", "booster.crops.n_crops"),
    ("evaluate generator.options.pred_iou_tresh=0.5", "pred_iou_thresh"),
    ("evaluate generator=sam generator.options.point_per_side=8", "points_per_side"),
    ("evaluate variants.few.booster.crops.n_crop=4", "n_crops"),
    ("evaluate variants.few.encodr.name=fenet", "encoder"),
    ("evaluate conditions.turned.turn=90", "turn_deg"),
    ("evaluate logger.projekt=mine", "project"),
    ("train experiment=fenet_latices", "fenet_lattices"),
    ("train experiment=baselines", "evaluate.py"),
    ("train trainer.epoch=3", "epochs"),
    ("train data.scenes.p_gaps=0.1", "p_gap"),
    ("train experiment=crop_classifier data.materials=[SrTiO3,Gee]", "Ge"),
    ("train experiment=crop_classifier data.conditions.thicknes_A=[1,2]", "thickness_A"),
    ("segment a.png --generator compat", "compact"),
    ("segment a.png --generator-option most_split=3", "most_splits"),
    ("segment a.png --encoder fenet --encoder-option batchsize=3", "batch_size"),
    ("segment a.png --classifier --classifier-option confidenc=0.5", "confidence"),
    ("models info resnet", "resnet18"),
]
# Refused where another of these is.
ALIKE = [
    ("evaluate generator=compct", "compact"),
    ("evaluate encoder=fennet", "fenet"),
    ("evaluate benchmark=ful", "full"),
    ("evaluate booster=relesed", "released"),
    ("evaluate experiment=robustnes", "robustness"),
    ("evaluate experiment=fenet_lattices", "train.py"),
    ("evaluate workrs=2", "workers"),
    ("evaluate wieghted=true", "weighted"),
    ("evaluate booster.removal.tiny_chid=0.1", "tiny_child"),
    ("evaluate booster.grouping.estimater=gap", "estimator"),
    ("evaluate encoder=resnet18 encoder.options.wieghts=random", "weights"),
    ("train experiment=ablation_encoder", "evaluate.py"),
    ("train learner.options.learning_rte=1e-3", "learning_rate"),
    ("train experiment=compact data.rules.val_scene=3", "val_scenes"),
    ("segment a.png --encoder spectrm", "spectrum"),
]


def test_a_library_that_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert running.main(replace(TRAIN, work="not_installed.anywhere:work"), []) == 2
    GlobalHydra.instance().clear()
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "train.py: not_installed is not installed; pip install 'samiam[research]'."
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [
        *(pytest.param(*mistype, id=mistype[0]) for mistype in MISTYPES),
        *(pytest.param(*mistype, id=mistype[0], marks=pytest.mark.slow) for mistype in ALIKE),
    ],
)
def test_it_is_refused_and_the_right_name_suggested(
    typed: str, suggested: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.png").write_bytes(b"x")
    code = main(typed.split())
    GlobalHydra.instance().clear()
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    wanted = f"belongs to {suggested}" if suggested.endswith(".py") else f"did you mean {suggested!r}?"
    assert wanted in line
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
