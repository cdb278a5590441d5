"""Run generators alone and with the semantic booster on a benchmark, and report both.

`python evaluate.py` takes 12 simulated micrographs, `python evaluate.py benchmark=full` all 82; the report is in
`outputs/evaluate/latest/report/`. Experiments with variants compare several generators and boosters. A run that was
interrupted goes on where it stopped when the command is given again.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from samiam.benchmark import Outcome, Scoring, Source, Study, build_tracker, failures_of, run, write_results
from samiam.benchmark.baselines import check_peers
from samiam.benchmark.conditions import build_conditions, under_conditions
from samiam.benchmark.results import REPORT
from samiam.benchmark.sources import labelled_sources
from samiam.datasets.zenodo import zenodo_folder
from samiam.errors import InputError
from simulate import procedural_scene
from simulate.scenes.benchmark import BENCHMARK, QUICK, benchmark_scene, recipe
from simulate.scenes.retaken import scene_under

_CHOICES: dict[str, tuple[Any, ...]] = {
    "variant": ("paper", "released"),
    "weighted": (False, True),
    "crop_accuracy": (False, True),
    "figures": (False, True),
}
_GROUPS = {
    "generator": ("name", "options"),
    "logger": ("name", "project", "mode", "group", "tags"),
}
_BENCHMARKS = {
    "simulated": ("name", "scenes"),
    "procedural": ("name", "difficulties", "seeds", "shape_hw"),
    "labelled": ("name", "folder", "layout"),
    "zenodo": ("name", "record", "folder"),
}


def sources(benchmark: dict[str, Any]) -> list[Source]:
    """The scenes that the group `benchmark` describes; each is made or read when it is called for."""
    if benchmark["name"] == "labelled":
        return labelled_sources(benchmark["folder"], benchmark["layout"])
    if benchmark["name"] == "zenodo":
        return labelled_sources(benchmark["folder"] or zenodo_folder(str(benchmark["record"])), "zenodo")
    if benchmark["name"] == "procedural":
        shape_hw = tuple(benchmark["shape_hw"])
        made = {
            f"procedural-{difficulty}-{seed}": partial(procedural_scene, seed, difficulty=difficulty, shape_hw=shape_hw)
            for difficulty in benchmark["difficulties"]
            for seed in benchmark["seeds"]
        }
    else:
        named = {"quick": QUICK, "all": [found.name for found in BENCHMARK]}
        chosen = benchmark["scenes"] if isinstance(benchmark["scenes"], list) else named[benchmark["scenes"]]
        made = {name: partial(benchmark_scene, name) for name in (recipe(which).name for which in chosen)}
    return [Source(name, name, make) for name, make in made.items()]


def evaluate(config: dict[str, Any], folder: Path, command: str) -> list[Outcome]:
    """Run the benchmark that a config describes, write its report and print its tables.

    Args:
        config: all settings.
        folder: of the run.
        command: what the user typed; the report quotes it.

    Raises:
        InputError: if a setting cannot be used, or every scene failed.
    """
    _check(config)
    benchmark, conditions = config["benchmark"], build_conditions(config["conditions"])
    scenes, study = sources(benchmark), _study(config)
    to_do = under_conditions(scenes, conditions, scene_under if benchmark["name"] == "simulated" else None)
    facts = {"command": f"`{command}`", **_facts(config, study), "images": len(scenes)}
    tracker = build_tracker(folder=folder, config=config, **config["logger"])
    outcomes = run(to_do, study, workers=config["workers"], scheduler=config["scheduler"])
    print(write_results(folder, outcomes, facts))
    (folder / "settings.yaml").write_text(f"# {command}\n{OmegaConf.to_yaml(config)}", encoding="utf-8")
    tracker.log(outcomes, folder / REPORT)
    return outcomes


def _study(config: dict[str, Any]) -> Study:
    """What is done with every scene."""
    seed, cache = config["seed"], config["cache"]
    return Study(
        own={name: config[name] for name in ("generator", "encoder", "booster", "n_materials")},
        variants=config["variants"],
        seeds=seed if isinstance(seed, list) else [seed],
        scoring=Scoring(config["variant"], config["weighted"], config["crop_accuracy"]),
        peers=config["peers"],
        pictures=config["figures"],
        cache=None if cache is None else str(Path(cache).absolute()),
        threads=config["threads"],
    )


def _facts(config: dict[str, Any], study: Study) -> dict[str, str]:
    """What the reader of the report has to know of a run's settings."""
    contenders = study.contenders
    given = ["given" if contender.give_n_materials else "estimated" for contender in contenders.present]
    return {
        "generator": ", ".join(dict.fromkeys(contender.label for contender in contenders.present)),
        "encoder": ", ".join(dict.fromkeys(contender.booster.encoder.name for contender in contenders.present)),
        "number of materials": ", ".join(dict.fromkeys(given)),
        "scores": f"{config['variant']} definitions{', weighted' if config['weighted'] else ''}",
        **{f"variant {name}": json.dumps(changes) for name, changes in config["variants"].items()},
        **{f"condition {name}": json.dumps(changes) for name, changes in config["conditions"].items()},
        **{f"left out: {name}": reason for name, reason in contenders.left_out.items()},
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
    for name in ("workers", "threads"):
        if not (config[name] is None or (type(config[name]) is int and config[name] > 0)):
            raise InputError(f"{name}={config[name]}: give a whole number, 1 or more, or null.")
    seeds = config["seed"] if isinstance(config["seed"], list) else [config["seed"]]
    if not seeds or len(set(map(str, seeds))) < len(seeds):
        raise InputError(f"seed={config['seed']}: give a seed, or a list of different ones.")
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
    """Compose the config, run, and point `latest` to the run; some images that failed make an exit code of 1."""
    folder = Path(HydraConfig.get().runtime.output_dir)
    is_single = HydraConfig.get().mode == RunMode.RUN
    try:
        settings: Any = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
        if not is_single:  # W&B is to compare the runs of a sweep
            settings["logger"]["group"] = settings["logger"].get("group") or folder.parent.name
        command = shlex.join(["python", "evaluate.py", *HydraConfig.get().overrides.task])
        outcomes = evaluate(settings, folder, command)
    except (InputError, OmegaConfBaseException) as error:
        with suppress(OSError):  # where there is something in it, it stays
            folder.rmdir()
        if is_single:  # what Hydra catches gets a line of Hydra's own before ours
            _give_up(error)
        raise  # of several runs Hydra finishes the others first
    if is_single:
        latest = folder.parent / "latest"
        latest.unlink(missing_ok=True)
        latest.symlink_to(folder.name, target_is_directory=True)
        print(f"\n{latest / REPORT / 'report.html'}")
        if failures_of(outcomes):
            sys.exit(1)


def _give_up(error: Exception) -> NoReturn:
    print(f"evaluate.py: {' '.join(str(error).split())}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # so that errors reach this line instead of a shortened traceback
    try:
        main()
    except (InputError, HydraException, OmegaConfBaseException) as error:
        _give_up(error)
