"""Run a generator alone and with the semantic booster on a benchmark, and report both.

`python evaluate.py` takes 12 simulated micrographs, `python evaluate.py benchmark=full` all 82; results are in
`outputs/evaluate/latest/`. Experiments with variants compare several boosters on the same masks.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from tqdm import tqdm

from samiam import build_generator
from samiam.benchmark import (
    Contender,
    Row,
    build_contenders,
    build_tracker,
    compare,
    per_image,
    summarise,
    write_figure,
    write_tables,
)
from samiam.benchmark.labelled import find_labelled, read_labelled
from samiam.benchmark.peers import check_peers
from samiam.errors import InputError
from samiam.records import Scene
from simulate import procedural_scene
from simulate.benchmark import BENCHMARK, QUICK, benchmark_scene, recipe

_CHOICES: dict[str, tuple[Any, ...]] = {
    "variant": ("paper", "released"),
    "weighted": (False, True),
    "crop_accuracy": (False, True),
    "figures": (False, True),
}
_GROUPS = {
    "generator": ("name", "options"),
    "logger": ("name", "project", "mode"),
}
_BENCHMARKS = {
    "simulated": ("name", "scenes"),
    "procedural": ("name", "difficulties", "seeds", "shape_hw"),
    "labelled": ("name", "folder"),
}


def scenes(benchmark: dict[str, Any]) -> list[Callable[[], Scene]]:
    """The scenes that the group `benchmark` describes; each is made or read when it is called for."""
    if benchmark["name"] == "labelled":
        return [partial(read_labelled, found) for found in find_labelled(benchmark["folder"])]
    if benchmark["name"] == "procedural":
        shape_hw = tuple(benchmark["shape_hw"])
        return [
            partial(procedural_scene, seed, difficulty=difficulty, shape_hw=shape_hw)
            for difficulty in benchmark["difficulties"]
            for seed in benchmark["seeds"]
        ]
    named = {"quick": QUICK, "all": [found.name for found in BENCHMARK]}
    chosen = benchmark["scenes"] if isinstance(benchmark["scenes"], list) else named[benchmark["scenes"]]
    return [partial(benchmark_scene, recipe(which).name) for which in chosen]


def evaluate(config: dict[str, Any], folder: Path, command: str) -> str:
    """Run the benchmark that a config describes; returns the report's tables. The report quotes the command."""
    _check(config)
    to_do = scenes(config["benchmark"])
    generator = build_generator(config["generator"]["name"], **config["generator"]["options"])
    own = {name: config[name] for name in ("encoder", "booster", "n_materials")}
    contenders = build_contenders(own, config["variants"], config["seed"])
    tracker = build_tracker(folder=folder, config=config, **config["logger"])
    rows: list[Row] = []
    figures: list[Path] = []
    for make in tqdm(to_do, unit="scene"):
        scene = make()
        new, masks, segmentations = compare(
            scene,
            generator,
            contenders,
            variant=config["variant"],
            weighted=config["weighted"],
            with_crop_accuracy=config["crop_accuracy"],
            peers=config["peers"],
        )
        rows += new
        if config["figures"]:
            path = folder / "figures" / f"{scene.micrograph.name}.png"
            caption = f", IoU {new[1].scores.matched_iou:.2f}"
            figures.append(write_figure(path, scene, masks, segmentations[0], caption))
    facts = {
        "command": f"`{command}`",
        "generator": generator.name,
        **_facts(config, contenders),
        "images": len(to_do),
    }
    tables = write_tables(folder, rows, facts, figures)
    tracker.log(summarise(rows), per_image(rows), figures)
    return tables


def _facts(config: dict[str, Any], contenders: list[Contender]) -> dict[str, str]:
    """What the reader of the report has to know of a run's settings."""
    encoders = [contender.booster.encoder.name for contender in contenders]
    given = ["given" if contender.give_n_materials else "estimated" for contender in contenders]
    variants = {f"variant {name}": json.dumps(changes) for name, changes in config["variants"].items()}
    return {
        "encoder": ", ".join(dict.fromkeys(encoders)),
        "number of materials": ", ".join(dict.fromkeys(given)),
        "scores": f"{config['variant']} definitions{', weighted' if config['weighted'] else ''}",
        **variants,
    }


def _check(config: dict[str, Any]) -> None:
    """Refuse what would fail or be overlooked later, after the first images have been paid for."""
    for name, choices in _CHOICES.items():
        if config[name] not in choices:
            raise InputError(f"{name}={config[name]}: give {' or '.join(map(str, choices))}.")
    for group, names in _GROUPS.items():
        unknown = config[group].keys() - names
        if unknown:
            raise InputError(f"{group} has no setting {', '.join(sorted(unknown))}; it has {', '.join(names)}.")
    check_peers(config["peers"])
    _check_benchmark(config["benchmark"])


def _check_benchmark(benchmark: dict[str, Any]) -> None:
    name = benchmark["name"]
    if name not in _BENCHMARKS:
        raise InputError(f"unknown benchmark {name!r}; known are {', '.join(_BENCHMARKS)}.")
    unknown = benchmark.keys() - _BENCHMARKS[name]
    if unknown:
        raise InputError(
            f"benchmark {name} has no setting {', '.join(sorted(unknown))}; it has {', '.join(_BENCHMARKS[name][1:])}."
        )
    if name == "simulated" and benchmark["scenes"] not in ("quick", "all"):
        _check_list("scenes", benchmark["scenes"], (int, str), "quick, all, or a list of names and numbers, as [1, 2]")
    if name == "labelled" and not isinstance(benchmark["folder"], str):
        raise InputError(f"benchmark.folder={benchmark['folder']}: give the folder of the labelled micrographs.")
    if name == "procedural":
        for key, example in (("difficulties", [1, 2]), ("seeds", [0, 1]), ("shape_hw", [512, 512])):
            wanted = f"a list of whole numbers, as benchmark.{key}={example}"
            _check_list(key, benchmark[key], (int,), wanted)
            if key == "shape_hw" and len(benchmark[key]) != 2:
                raise InputError(f"benchmark.{key}={benchmark[key]}: give {wanted}.")


def _check_list(key: str, value: object, kinds: tuple[type, ...], wanted: str) -> None:
    is_list = isinstance(value, list) and len(value) > 0
    if not (is_list and all(isinstance(item, kinds) for item in value)):  # type: ignore[attr-defined]
        raise InputError(f"benchmark.{key}={value}: give {wanted}.")


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
