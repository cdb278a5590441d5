"""How much is gained on further images of a kind by labelling 1, 3 or 10 of it: the compact generator, tuned.

    python scripts/learning_curve.py [--family lsfo striped particles] [--labelled 1 3 10] [--seeds 3] [-o DIR]
    python scripts/learning_curve.py --only-numbers   # what the number of materials alone teaches: minutes, not hours

No kind of image was there when the weights that ship were trained: "lsfo" are films of real crystals in uneven
lamellae, "striped" random lattices with stripes of charging and rows of scan noise up to three times as strong as any
of theirs, "particles" nanoparticles on a support in phase contrast without any crystal. Of each seed all numbers of
labelled images are tested on the same further ones. Rows are written as they come to DIR/curve.csv; what stands there
is not done again. In the end a table and a figure.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, cast

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from samiam.commands.training.data import LabelledImages
from samiam.commands.training.labelled import compact_job, ranges_of_training
from samiam.commands.training.settings import FineTuningSettings
from samiam.compact.regions.calibration import read_calibration
from samiam.compact.sights import read_sight
from samiam.compact.weights import NAME as COMPACT
from samiam.datasets import Place
from samiam.datasets.painted import scene_of
from samiam.errors import InputError
from samiam.records import Scene
from samiam.storage.files import replacing
from samiam.storage.weight_files import given_or_shipped
from samiam.training.labelled.division import Division, divide
from samiam.training.labelled.numbers import learn_numbers
from samiam.training.labelled.parts import without_grains
from samiam.training.labelled.settings import FineTuningRecipe, LabelledRules
from samiam.training.run import run
from samiam.training.settings import TrainerSettings
from samiam.wandb_mode import LoggerSettings
from simulate import procedural_scene
from simulate.phase_objects import drawn_particles
from simulate.procedural.effects import EffectRanges
from simulate.scenes.realistic import RealisticRecipe

_SIDE_PX = 384
_LEAST_SHARE = 0.03  # of an image that each of its materials covers
_APART = 10_000  # between the seeds of images of one run and those of the next
SCORES = ("miou", "iou", "miou_given", "iou_given")


def main() -> None:
    """Learn and test, write rows, table and figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", nargs="+", choices=sorted(FAMILIES), default=sorted(FAMILIES))
    parser.add_argument("--labelled", nargs="+", type=int, default=[1, 3, 10])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tests", type=int, default=8, help="further images of each seed")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--old", type=int, default=4, help="simulated scenes by which it is told what is forgotten")
    parser.add_argument("--only-numbers", action="store_true", help="no training; learn what labels say of the number")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batches", type=int, default=8, help="in an epoch")
    parser.add_argument("--side", type=int, default=192, help="of the parts that are learnt from, in pixels")
    parser.add_argument("--learning-rate", type=float, default=FineTuningRecipe.learning_rate)
    parser.add_argument("--norms", choices=("kept", "learnt"), default="kept")
    parser.add_argument("-o", "--output", type=Path, default=Path("outputs/learning_curve"))
    options = parser.parse_args()
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    options.output.mkdir(parents=True, exist_ok=True)
    learn = counted_only if options.only_numbers else learnt
    path = options.output / ("numbers.csv" if options.only_numbers else "curve.csv")
    for family in options.family:
        for seed in range(options.first_seed, options.first_seed + options.seeds):
            for n in options.labelled:
                _add(path, family, n, seed, partial(learn, options=options))
    rows = pd.read_csv(path)
    table = numbers_of(rows) if options.only_numbers else table_of(rows)
    print(table.to_markdown(index=False))
    path.with_suffix(".md").write_text(table.to_markdown(index=False) + "\n", encoding="utf-8")
    if not options.only_numbers:
        draw(table, options.output / "curve.png")


def _add(path: Path, family: str, n: int, seed: int, learn: Callable[[str, int, int], dict[str, Any]]) -> None:
    """One more row, unless it is there."""
    rows = pd.read_csv(path) if path.exists() else pd.DataFrame({"family": [], "labelled": [], "seed": []})
    if ((rows["family"] == family) & (rows["labelled"] == n) & (rows["seed"] == seed)).any():
        return
    try:
        row = {"family": family, "labelled": n, "seed": seed, **learn(family, n, seed)}
    except InputError as error:  # of a single image it may be impossible to hold out a third
        print(f"{family}, {n} labelled, seed {seed}: left out. {error}", flush=True)
        return
    print(row, flush=True)
    with replacing(path) as partial_path:
        pd.concat([rows, pd.DataFrame([row])]).to_csv(partial_path, index=False, float_format="%.4f")


def division_of(family: str, n: int, seed: int, options: argparse.Namespace) -> Division:
    """Some labelled images of a kind, and others to test on, of each seed the same."""
    scenes = images(family, seed, max(10, *options.labelled) + options.tests)
    used = [*scenes[options.tests :][:n], *scenes[: options.tests]]
    places = [Place(scene.micrograph.name, "train" if index < n else "test") for index, scene in enumerate(used)]
    return divide(used, places, [place.specimen for place in places], share=LabelledRules().held_out)


def counted_only(family: str, n: int, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """What the numbers of materials in some labelled images of a kind are worth on others, to the weights that ship."""
    weights, _ = given_or_shipped(COMPACT, None, None)
    found = learn_numbers(read_sight(weights), read_calibration(weights), division_of(family, n, seed, options))
    taken = found.calibration.numbers_seen == found.seen
    each = ("miou", "iou", "right")
    scores = {f"{score} before": found.before[f"test/{score}"] for score in each}
    scores |= {f"{score} counted": found.after[f"test/{score}"] for score in each}
    return {"seen": " ".join(map(str, found.seen)), "taken": taken, **scores}


def learnt(family: str, n: int, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """What some labelled images of a kind are worth on others to the network, the number of materials left aside."""
    division = division_of(family, n, seed, options)
    rules = LabelledRules(options.side, batches=options.batches, old_scenes=options.old, seed=seed)
    recipe = FineTuningRecipe(options.learning_rate, norms=options.norms)
    learner = FineTuningSettings("fine_tuning", options=recipe)
    job = compact_job(LabelledImages("labelled", "made"), division, rules, learner)
    trainer = TrainerSettings(
        options.epochs, patience=3, accelerator="cpu", gradient_clip=1.0, threads=1, progress=False
    )
    folder = options.output / f"{family}-{n}-{seed}"
    card = run(job, trainer, LoggerSettings(name=None), folder, {}, "scripts/learning_curve.py")
    scores = {
        f"{score} {when}": card[place][f"test/{score}"]
        for when, place in (("before", "scores_of_start"), ("learnt", "scores_learnt"), ("after", "scores"))
        for score in SCORES
    }
    scores |= {
        f"val {score} {when}": card[place][f"val/{score}"]
        for when, place in (("before", "scores_of_start"), ("learnt", "scores_learnt"))
        for score in SCORES
    }
    old = {"old before": card["scores_of_start"]["old/score"], "old after": card["scores"]["old/score"]}
    return {**scores, **old, "deciding": division.n_deciding, "epoch": card["epoch"], "minutes": card["minutes"]}


@lru_cache(1)
def images(family: str, seed: int, n: int) -> list[Scene]:
    """Images of a kind that show two materials at least, none of them little."""
    found: list[Scene] = []
    number = _APART * (seed + 1)
    while len(found) < n:
        scene = without_grains(FAMILIES[family](number))
        number += 1
        if len(scene.materials) > 1 and min(scene.truth.areas) >= _LEAST_SHARE * scene.labels.size:
            found.append(scene)
    return found


def lsfo(number: int) -> Scene:
    """Films of (La, Sr)FeO3 on SrTiO3 in uneven lamellae, of real crystals, which those weights have never seen."""
    return RealisticRecipe(f"lsfo-{number}", "LSFO-film", 10**6 + number, _SIDE_PX).scene()


def striped(number: int) -> Scene:
    """Random lattices under stripes and rows far beyond those trained on."""
    effects = EffectRanges(p_charged=1.0, charged=(1.5, 4.0), p_rows=1.0, rows=(0.5, 1.2))
    ranges = replace(ranges_of_training(), p_one=0.0, p_particles=0.0, effects=effects)
    return procedural_scene(2**36 + number, shape_hw=(_SIDE_PX, _SIDE_PX), ranges=ranges)


def particles(number: int) -> Scene:
    """Particles and their support."""
    scene = drawn_particles(2**36 + number, shape_hw=(_SIDE_PX, _SIDE_PX))
    is_particle = np.any(list(scene.masks), axis=0) if len(scene.masks) else np.zeros((_SIDE_PX, _SIDE_PX), np.bool_)
    labels, shown = np.where(is_particle, 2, 1).astype(np.uint32), np.unique(is_particle).tolist()
    if len(shown) == 1:
        return scene_of(scene.micrograph, np.ones_like(labels), ["particle" if shown[0] else "support"], {})
    return scene_of(scene.micrograph, labels, ["support", "particle"], {})


FAMILIES: dict[str, Callable[[int], Scene]] = {"lsfo": lsfo, "striped": striped, "particles": particles}


def numbers_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Means over the seeds of mIoU with the number estimated, and the range of what the numbers seen change."""
    rows["kept"] = rows["miou counted"].where(rows["taken"], rows["miou before"])
    rows["gain"] = rows["miou counted"] - rows["miou before"]
    shown = {"before": ("miou before", "mean"), "counted": ("miou counted", "mean"), "after": ("kept", "mean")}
    shown |= {"right: before": ("right before", "mean"), "right: counted": ("right counted", "mean")}
    ranges = {"least gain": ("gain", "min"), "most gain": ("gain", "max"), "taken": ("taken", "sum")}
    return rows.groupby(["family", "labelled"]).agg(**shown, **ranges).reset_index().round(3)


def table_of(rows: pd.DataFrame) -> pd.DataFrame:
    """mIoU, means over the seeds, with the spread of what was learnt, and how often that was taken."""
    made = []
    for key, group in rows.groupby(["family", "labelled"]):
        family, n = cast("tuple[str, int]", key)
        gain = group["miou learnt"] - group["miou before"]
        made.append(
            {
                "family": family,
                "labelled": int(n),
                "before": group["miou before"].mean(),
                "learnt": group["miou learnt"].mean(),
                "least gain": gain.min(),
                "most gain": gain.max(),
                "taken": f"{(group['epoch'] > 0).sum()} of {len(group)}",
                "after": group["miou after"].mean(),
                "given: before": group["miou_given before"].mean(),
                "given: learnt": group["miou_given learnt"].mean(),
                "given: after": group["miou_given after"].mean(),
                "old: before": group["old before"].mean(),
                "old: after": group["old after"].mean(),
            }
        )
    return pd.DataFrame(made).round(3)


def draw(table: pd.DataFrame, path: Path) -> None:
    """Draw mIoU on the rest over the number of labelled images: of what is kept, and of what was learnt."""
    figure, axes = plt.subplots(figsize=(5, 3.5), layout="constrained")
    for colour, (family, rows) in zip(("C0", "C1", "C2"), table.groupby("family"), strict=False):
        n, before = [0, *rows["labelled"]], rows["before"].iloc[0]
        axes.plot(n, [before, *rows["after"]], "o-", color=colour, label=f"{family}: kept")
        axes.plot(n, [before, *rows["learnt"]], "s:", color=colour, label=f"{family}: learnt, kept or not")
        low, high = rows["before"] + rows["least gain"], rows["before"] + rows["most gain"]
        axes.vlines(rows["labelled"], low, high, color=colour, alpha=0.4)
    axes.set(xlabel="labelled images", ylabel="mIoU on further images", xticks=[0, 1, 3, 10])
    axes.legend()
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
