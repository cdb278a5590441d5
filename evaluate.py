"""Run a generator alone and with the semantic booster on a benchmark, and report both.

`python evaluate.py` takes the 12 built-in scenes; results are in `outputs/evaluate/latest/`.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from tqdm import tqdm

from samiam import build_encoder, build_generator
from samiam.benchmark import Row, build_tracker, compare, per_image, summarise, write_figure, write_tables
from samiam.boosting import build_booster
from samiam.errors import InputError
from samiam.records import Scene
from simulate import procedural_scene

_CHOICES: dict[str, tuple[Any, ...]] = {
    "n_materials": ("given", "estimated"),
    "variant": ("paper", "released"),
    "weighted": (False, True),
    "figures": (False, True),
}
_GROUPS = {
    "data": ("difficulties", "seeds", "shape_hw"),
    "generator": ("name", "options"),
    "encoder": ("name", "options"),
    "booster": ("removal", "crops", "grouping", "smallest_region_px"),
    "logger": ("name", "project", "mode"),
}


def scenes(data: dict[str, Any]) -> Iterator[Scene]:
    """The scenes that the group `data` describes, easy ones first."""
    for difficulty in data["difficulties"]:
        for seed in data["seeds"]:
            yield procedural_scene(seed, difficulty=difficulty, shape_hw=tuple(data["shape_hw"]))


def evaluate(config: dict[str, Any], folder: Path, command: str) -> str:
    """Run the benchmark that a config describes; returns the report's tables. The report quotes the command."""
    _check(config)
    generator = build_generator(config["generator"]["name"], **config["generator"]["options"])
    encoder = build_encoder(config["encoder"]["name"], **config["encoder"]["options"])
    booster = build_booster(encoder, seed=config["seed"], **config["booster"])
    tracker = build_tracker(folder=folder, config=config, **config["logger"])
    rows: list[Row] = []
    figures: list[Path] = []
    total = len(config["data"]["difficulties"]) * len(config["data"]["seeds"])
    for scene in tqdm(scenes(config["data"]), total=total, unit="scene"):
        new, masks, segmentation = compare(
            scene,
            generator,
            booster,
            give_n_materials=config["n_materials"] == "given",
            variant=config["variant"],
            weighted=config["weighted"],
        )
        rows += new
        if config["figures"]:
            path = folder / "figures" / f"{scene.micrograph.name}.png"
            figures.append(write_figure(path, scene, masks, segmentation, f", IoU {new[1].scores.matched_iou:.2f}"))
    facts = {
        "command": f"`{command}`",
        "generator": generator.name,
        "encoder": encoder.name,
        "number of materials": config["n_materials"],
        "scores": f"{config['variant']} definitions{', weighted' if config['weighted'] else ''}",
        "images": total,
    }
    tables = write_tables(folder, rows, facts, figures)
    tracker.log(summarise(rows), per_image(rows), figures)
    return tables


def _check(config: dict[str, Any]) -> None:
    """Refuse what would fail or be overlooked later, after the first images have been paid for."""
    for name, choices in _CHOICES.items():
        if config[name] not in choices:
            raise InputError(f"{name}={config[name]}: give {' or '.join(map(str, choices))}.")
    for group, names in _GROUPS.items():
        unknown = config[group].keys() - names
        if unknown:
            raise InputError(f"{group} has no setting {', '.join(sorted(unknown))}; it has {', '.join(names)}.")
    for name, example in (("difficulties", [1, 2]), ("seeds", [0, 1]), ("shape_hw", [512, 512])):
        value = config["data"][name]
        fits = isinstance(value, list) and (len(value) == 2 if name == "shape_hw" else value)
        if not fits or not all(isinstance(item, int) for item in value):
            raise InputError(f"data.{name}={value}: give a list of whole numbers, as data.{name}={example}.")


@hydra.main(version_base="1.3", config_path="configs", config_name="evaluate")
def main(config: DictConfig) -> None:
    """Compose the config, run, print, and point `latest` to the run."""
    folder = Path(HydraConfig.get().runtime.output_dir)
    is_single = HydraConfig.get().mode == RunMode.RUN
    try:
        settings: Any = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
        print(evaluate(settings, folder, shlex.join(["python", "evaluate.py", *HydraConfig.get().overrides.task])))
    except (InputError, OmegaConfBaseException) as error:
        if is_single:  # what Hydra catches gets a line of Hydra's own before ours
            _give_up(error)
        raise  # of several runs Hydra finishes the others first
    if is_single:
        latest = folder.parent / "latest"
        latest.unlink(missing_ok=True)
        latest.symlink_to(folder.name, target_is_directory=True)
        print(f"\n{latest / 'report.md'}")


def _give_up(error: Exception) -> NoReturn:
    print(f"evaluate.py: {' '.join(str(error).split())}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # so that errors reach this line instead of a shortened traceback
    try:
        main()
    except (InputError, HydraException, OmegaConfBaseException) as error:
        _give_up(error)
