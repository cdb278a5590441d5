"""What gives simulated crystals away beside real ones: features inside crystals, and a classifier on them.

    python scripts/real_or_simulated.py FOLDER_OF_REAL [-o DIR] [--scenes N]

The folder holds labelled micrographs in any layout of docs/data.md. Every image is brought to 14 px a lattice period;
features are of square windows of 10 periods inside its largest crystal, and an image's are their medians. Beside the
real images stand scenes of the benchmark and scenes of `simulate.scenes.realistic`, of periods as long as theirs.
The classifier never sees the image that it judges. Two controls go through the same steps: as many simulated scenes,
drawn at random, against the others; and each simulated scene alone against the others, by halves of its windows.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from crystal_windows import FEATURES, PERIODS_PX, Crystal, crystal_of, medians
from telling_apart import OF_STRUCTURE, one_alone, one_feature, told_apart, without

from samiam.datasets import find_labelled
from samiam.errors import InputError
from samiam.records import Micrograph
from samiam.storage.files import replacing
from simulate.scenes.benchmark import BENCHMARK, Recipe
from simulate.scenes.realistic import realistic

FIELD_A = 110.0  # of simulated scenes: about as many periods as the real images show
CELL_A = 3.9  # of the perovskites
CONTROLS = 20
LEAST_REAL = 4  # below, a classifier that leaves images out has nothing to learn from
COLUMNS = 8  # windows of each group in the figure
SHOWN = (2, 5, 16, 17)  # numbers of scenes whose frames are shown: a boundary, a cap, interfaces, islands
SHOWN_PX = 900


def real(folder: Path) -> list[Crystal]:
    """Crystals of the labelled micrographs in a folder."""
    scenes = [found.read() for found in find_labelled(folder)]
    found = [crystal_of(scene.micrograph.name, scene.micrograph.pixels, scene.labels) for scene in scenes]
    return [crystal for crystal in found if crystal is not None]


def simulated(recipes: Iterable[Recipe], n: int) -> list[Crystal]:
    """Crystals of the first n scenes whose periods are as long as those of real images; the middle of each frame."""
    found: list[Crystal] = []
    for recipe in recipes:
        pixel_A = recipe.drawn()[1].scan.pixel_size_A
        if not PERIODS_PX[0] < CELL_A / pixel_A < PERIODS_PX[1]:
            continue
        exposure = replace(recipe, side_px=int(FIELD_A / pixel_A)).expose()
        crystal = crystal_of(recipe.name, Micrograph.stretched(exposure.counts).pixels, exposure.labels)
        if crystal is not None:
            found.append(crystal)
            print(f"{len(found)}/{n} {crystal.name}", file=sys.stderr, flush=True)
        if len(found) == n:
            break
    return found


def table(groups: dict[str, list[Crystal]]) -> str:
    """Medians of each feature by group, how well it tells real from simulated, and what the classifier makes of all."""
    names = [f"{name} ({len(crystals)})" for name, crystals in groups.items()]
    lines = [
        f"| feature | {' | '.join(names)} | AUC, benchmark | AUC, realistic |",
        "|---|" + "---|" * (len(names) + 2),
    ]
    values = [np.median(medians(crystals), axis=0) for crystals in groups.values()]
    of_real, even, uneven = groups.values()
    areas = one_feature(of_real, even), one_feature(of_real, uneven)
    for index, feature in enumerate(FEATURES):
        cells = [f"{value[index]:.3f}" for value in values] + [f"{area[index]:.2f}" for area in areas]
        lines.append(f"| {feature} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *classified(of_real, even, uneven)]) + "\n"


def classified(of_real: list[Crystal], even: list[Crystal], uneven: list[Crystal]) -> list[str]:
    """The classifier's lines of the table."""
    rng = np.random.default_rng(0)
    drawn = []
    for seed in range(CONTROLS):
        order = rng.permutation(len(uneven))
        some, others = ([uneven[i] for i in part] for part in (order[: len(of_real)], order[len(of_real) :]))
        drawn.append(told_apart(some, others, seed))
    alone = one_alone(uneven)
    spread = " to ".join(f"{value:.2f}" for value in np.percentile(drawn, (5, 95)))
    return [
        "| classifier | AUC |",
        "|---|---|",
        f"| real against benchmark | {told_apart(of_real, even):.2f} |",
        f"| real against realistic | {told_apart(of_real, uneven):.2f} |",
        f"| the same, without {OF_STRUCTURE} | {told_apart(without(of_real), without(uneven)):.2f} |",
        f"| control: {len(of_real)} realistic against the others | {np.mean(drawn):.2f} (5–95 % of draws: {spread}) |",
        f"| control: one realistic against the others, median of {len(alone)} | {np.median(alone):.2f} |",
    ]


def draw(groups: dict[str, list[Crystal]]) -> plt.Figure:
    """Windows of each group side by side, and where the images lie in each feature."""
    figure = plt.figure(figsize=(13, 9), layout="constrained")
    rows = figure.subfigures(2, 1, height_ratios=(3, 2))
    for axes_row, (name, crystals) in zip(rows[0].subplots(len(groups), COLUMNS), groups.items(), strict=True):
        for axes, crystal in zip(axes_row, crystals, strict=False):
            axes.imshow(crystal.windows[0], cmap="gray")
            axes.set_title(f"{name}: {crystal.name}"[:26], fontsize=6)
        for axes in axes_row:
            axes.set_axis_off()
    for index, (axes, feature) in enumerate(zip(rows[1].subplots(2, 4).ravel(), FEATURES, strict=True)):
        for place, crystals in enumerate(groups.values()):
            values = medians(crystals)[:, index]
            axes.plot(values, np.full(len(values), place) + np.linspace(-0.2, 0.2, len(values)), ".", markersize=4)
        axes.set_yticks(range(len(groups)), list(groups), fontsize=6)
        axes.set_title(feature, fontsize=7)
        axes.tick_params(axis="x", labelsize=6)
    return figure


def frames() -> plt.Figure:
    """Parts of some frames, as the benchmark has their like and as uneven lamellae are."""
    figure, rows = plt.subplots(2, len(SHOWN), figsize=(3 * len(SHOWN), 6.2), layout="constrained")
    for axes, number in zip(rows.T, SHOWN, strict=True):
        uneven = realistic(number, side_px=SHOWN_PX)
        even = Recipe(uneven.family, uneven.family, uneven.seed, SHOWN_PX)
        for one, recipe in zip(axes, (even, uneven), strict=True):
            one.imshow(Micrograph.stretched(recipe.expose().counts).pixels, cmap="gray", vmin=0, vmax=1)
            one.set_title(recipe.name, fontsize=8)
            one.set_axis_off()
    return figure


def main() -> int:
    """Measure, write table and figure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="labelled micrographs")
    parser.add_argument("-o", "--output", type=Path, default=Path("outputs/real_or_simulated"))
    parser.add_argument("--scenes", type=int, default=40, metavar="N", help="of each kind; default: %(default)s")
    options = parser.parse_args()
    try:
        of_real = real(options.folder)
        if len(of_real) < LEAST_REAL:
            raise InputError(f"{options.folder} shows {len(of_real)} crystals; give at least {LEAST_REAL} micrographs.")
        if options.scenes < 2 * len(of_real):
            raise InputError(f"--scenes {options.scenes}: give {2 * len(of_real)} at least, twice the real ones.")
        groups = {
            "real": of_real,
            "benchmark": simulated(BENCHMARK, options.scenes),
            "realistic": simulated(map(realistic, count()), options.scenes),
        }
    except InputError as error:
        print(f"real_or_simulated.py: {error}", file=sys.stderr)
        return 2
    text = table(groups)
    with replacing(options.output / "table.md") as partial:
        partial.write_text(text, encoding="utf-8")
    with replacing(options.output / "figure.png") as partial:
        draw(groups).savefig(partial, dpi=110)
    with replacing(options.output / "simulated.jpg") as partial:
        frames().savefig(partial, dpi=100, pil_kwargs={"quality": 80})
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
