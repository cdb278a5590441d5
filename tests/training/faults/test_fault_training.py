"""`train.py experiment=particles_faults`: exit waves to regions, regions to weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from composed_configs import composed
from written_waves import made_wave

from samiam.commands.training import faults
from samiam.commands.training.data import ParticleRegions
from samiam.commands.training.faults import draw_split
from samiam.commands.training.run import train
from samiam.commands.training.settings import read_training
from samiam.errors import InputError
from samiam.particles.faults.classifier import build_fault_classifier, names_of
from samiam.particles.faults.settings import FaultOptions
from samiam.storage.weight_files import read_card
from samiam.training.faults.examples import Examples
from samiam.training.faults.settings import RegionRules

RULES = RegionRules(pictures=2, test_pictures=1, empty=1)


def test_splits_are_of_their_own_specimens_and_drawn_once(tmp_path: Path) -> None:
    for name, seed in (("train-0-0", 0), ("train-0-1", 1), ("val-0-0", 2)):
        made_wave(name, seed, tmp_path / "waves")
    data = ParticleRegions("particle_regions", (str(tmp_path / "waves"),), folder=str(tmp_path / "kept"), rules=RULES)
    train_set, val = draw_split(data, "train", 0), draw_split(data, "val", 0)
    assert (train_set.is_edge_on.sum(), val.is_edge_on.sum()) == (4, 1)
    assert {0, 4} <= set(train_set.classes.tolist())
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "kept").rglob("*.safetensors")}
    assert len(kept) == 3
    assert np.array_equal(draw_split(data, "train", 0).ours, train_set.ours)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "kept").rglob("*.safetensors")} == kept
    other = draw_split(replace(data, rules=replace(RULES, empty=2)), "val", 0)
    assert len(other) == len(val) + 1
    with pytest.raises(InputError, match="has no exit waves of split 'test'; it has train, val"):
        draw_split(data, "test", 0)
    made_wave("train-0-0", 3, tmp_path / "more")
    with pytest.raises(InputError, match="train-0-0 is in two folders"):
        draw_split(replace(data, waves=(*data.waves, str(tmp_path / "more"))), "train", 0)


def examples(n: int, seed: int) -> Examples:
    """Of which some numbers tell the class."""
    rng = np.random.default_rng(seed)
    classes = rng.integers(-1, 5, n).astype(np.int8)
    tables = [rng.normal(0, 1, (n, len(names_of(variant)))) for variant in ("ours", "paper")]
    for table in tables:
        table[:, :5] += 4 * np.eye(5)[classes]
    flags = rng.random((3, n)) < 0.8
    return Examples(*(table.astype(np.float16) for table in tables), classes, *flags)


@pytest.mark.parametrize("variant", ["ours", "paper"])
def test_weights_that_are_used_as_they_are(tmp_path: Path, variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {"train": 300, "val": 120, "test": 130}
    monkeypatch.setattr(faults, "draw_split", lambda _, split, seed: examples(sizes[split], len(split) + seed))
    config = composed("train", "experiment=particles_faults", f"learner.variant={variant}", "logger=none")
    config["learner"] |= {"options": {"rounds": 20}, "forest": {"trees": 20}}
    said = train(config, tmp_path, "python train.py experiment=particles_faults")
    weights = Path(said.splitlines()[-1])
    card = read_card(weights)
    assert card["command"] == "python train.py experiment=particles_faults"
    assert card["config"]["learner"] == {
        "name": "faults",
        "variant": variant,
        "options": {
            "rounds": 20,
            "learning_rate": 0.06,
            "leaves": 31,
            "least_leaf": 30,
            "features": 0.3,
            "penalty": 5.0,
        },
        "forest": {"trees": 20, "least_leaf": 10},
    }
    assert card["regions"] == sizes
    assert card["scores"]["test/balanced_accuracy"] > 0.85
    assert f"balanced_accuracy {card['scores']['test/balanced_accuracy']:.3f}" in said
    assert (tmp_path / "metrics" / "metrics.csv").is_file()
    teller = build_fault_classifier(FaultOptions(variant=variant, weights=weights))  # type: ignore[arg-type]
    assert teller.confidence == card["calibration"]["confidence"]
    assert teller.detection is not None
    assert teller.detection.faulty == card["detection"]["faulty"]


def test_a_trainer_s_settings_are_refused_as_they_would_do_nothing() -> None:
    config = composed("train", "experiment=particles_faults", "trainer.epochs=5")
    with pytest.raises(InputError, match="trees are grown at once, without epochs"):
        read_training(config)
    read_training(composed("train", "experiment=particles_faults", "trainer.progress=false"))
