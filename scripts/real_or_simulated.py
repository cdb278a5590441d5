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
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import roc_auc_score

from samiam.datasets import find_labelled
from samiam.errors import InputError
from samiam.period import lattice_period
from samiam.records import Micrograph
from samiam.storage.files import replacing
from simulate.scenes.benchmark import BENCHMARK, Recipe
from simulate.scenes.realistic import realistic

PERIOD_PX = 14
WINDOW_PX = 10 * PERIOD_PX
PERIODS_PX = (12.0, 55.0)  # of images as they come: below, a lattice says little of its noise; above, windows are few
FIELD_A = 110.0  # of simulated scenes: about as many periods as the real images show
CELL_A = 3.9  # of the perovskites
MOST_WINDOWS = 9
NOISE_BAND = (0.36, 0.5)  # 1/px: beyond five periods of a lattice
CONTROLS = 20
MOST_FOLDS = 12
TREES = 60
LEAST_REAL = 4  # below, a classifier that leaves images out has nothing to learn from
OF_STRUCTURE = "excess kurtosis"  # says which crystal it is: about 1 in perovskites, below 0 in metals and dumbbells
COLUMNS = 8  # windows of each group in the figure
SHOWN = (2, 5, 16, 17)  # numbers of scenes whose frames are shown: a boundary, a cap, interfaces, islands
SHOWN_PX = 900

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Crystal:
    """The largest crystal of an image.

    Attributes:
        name: of the image.
        windows: (N, 140, 140) at 14 px a period.
        features: (N, features) of the windows.
    """

    name: str
    windows: Floats
    features: Floats


def smoothed(image: Floats, periods: float) -> Floats:
    """Without what is shorter than so many lattice periods."""
    return np.asarray(ndimage.gaussian_filter(image, periods * PERIOD_PX))


def slow_range(image: Floats) -> float:
    """From the darkest to the brightest place, over the mean, without the lattice."""
    low, high = np.percentile(smoothed(image, 1), (2.5, 97.5))
    return float((high - low) / image.mean())


def slow_spread(image: Floats) -> float:
    """Standard deviation of the brightness without the lattice over that of the lattice."""
    slow = smoothed(image, 1)
    return float(slow.std() / (image - slow).std())


def contrast_variation(image: Floats) -> float:
    """Relative variation of the lattice's local contrast."""
    lattice = image - smoothed(image, 1)
    local = np.sqrt(smoothed(lattice**2, 1))
    return float(local.std() / local.mean())


def patchiness(image: Floats) -> float:
    """Scatter between groups of columns over the contrast of the lattice."""
    patches = smoothed(image, 0.75) - smoothed(image, 2)
    return float(patches.std() / (image - smoothed(image, 1)).std())


def kurtosis(image: Floats) -> float:
    """Excess kurtosis of the lattice: high for narrow columns on an even ground."""
    lattice = image - smoothed(image, 1)
    return float((lattice**4).mean() / (lattice**2).mean() ** 2 - 3)


def noise_power(image: Floats) -> float:
    """Power that white noise would have, of the level beyond the lattice's frequencies, over all power."""
    window = np.hanning(len(image))
    power = np.abs(np.fft.fft2((image - smoothed(image, 1)) * np.outer(window, window))) ** 2
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(len(image)), np.fft.fftfreq(len(image))))
    is_noise = (frequency > NOISE_BAND[0]) & (frequency < NOISE_BAND[1])
    return float(power[is_noise].mean() / power.mean())


def contrast(image: Floats) -> float:
    """Standard deviation of the lattice over the mean."""
    return float((image - smoothed(image, 1)).std() / image.mean())


def neighbour_correlation(image: Floats) -> float:
    """Correlation of neighbouring pixels without what is longer than some pixels: that of the noise, above all."""
    fine = image - ndimage.gaussian_filter(image, 1.0)
    products = (fine[1:] * fine[:-1]).mean() + (fine[:, 1:] * fine[:, :-1]).mean()
    return float(products / 2 / (fine**2).mean())


FEATURES: dict[str, Callable[[Floats], float]] = {
    "slow brightness range / mean": slow_range,
    "slow sd / lattice sd": slow_spread,
    "variation of local contrast": contrast_variation,
    "patches / lattice sd": patchiness,
    "excess kurtosis": kurtosis,
    "lattice sd / mean": contrast,
    "noise power": noise_power,
    "correlation of neighbours": neighbour_correlation,
}


def crystal_of(name: str, pixels: NDArray[np.float32], labels: NDArray[np.uint32]) -> Crystal | None:
    """The windows of the largest labelled region that shows a lattice, None where none does."""
    for label in sorted(np.unique(labels[labels > 0]), key=lambda one: -np.count_nonzero(labels == one)):
        mask = labels == label
        period_px = lattice_period(pixels[largest_square(mask)])
        if period_px is not None and PERIODS_PX[0] <= period_px <= PERIODS_PX[1]:
            windows = list(windows_of(pixels.astype(np.float64), mask, PERIOD_PX / period_px))
            if windows:
                features = np.array([[measure(window) for measure in FEATURES.values()] for window in windows])
                return Crystal(name, np.array(windows), features)
    return None


def largest_square(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Where the largest square within a mask lies."""
    depth = ndimage.distance_transform_cdt(np.pad(mask, 1), metric="chessboard")[1:-1, 1:-1]
    y, x = np.unravel_index(int(depth.argmax()), depth.shape)
    reach = int(depth.max()) - 1
    return slice(int(y) - reach, int(y) + reach + 1), slice(int(x) - reach, int(x) + reach + 1)


def windows_of(pixels: Floats, mask: NDArray[np.bool_], scale: float) -> Iterator[Floats]:
    """Windows spread over a region, after magnification."""
    smooth = ndimage.gaussian_filter(pixels, max(0.0, 1 / scale - 1) / 2)
    image, inside = ndimage.zoom(smooth, scale, order=3), ndimage.zoom(mask.astype(np.uint8), scale, order=0)
    corners = [(y, x) for y in starts(image.shape[0]) for x in starts(image.shape[1])]
    whole = [
        (y, x) for y, x in corners if inside[y : y + WINDOW_PX, x : x + WINDOW_PX].mean() > 0.995
    ]  # borders drawn by hand leave specks
    for index in np.unique(np.linspace(0, len(whole) - 1, min(MOST_WINDOWS, len(whole))).astype(int)):
        y, x = whole[index]
        yield image[y : y + WINDOW_PX, x : x + WINDOW_PX]


def starts(length: int) -> list[int]:
    """Where windows begin along an axis, overlapping by less than half."""
    if length < WINDOW_PX:
        return []
    n = int((length - WINDOW_PX) / (0.6 * WINDOW_PX)) + 1
    return [int(start) for start in np.linspace(0, length - WINDOW_PX, n)]


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


def told_apart(some: Sequence[Crystal], others: Sequence[Crystal], seed: int = 0) -> float:
    """AUC of a classifier between two groups of images, each judged by one that has not seen it."""
    crystals = [*some, *others]
    is_some = np.arange(len(crystals)) < len(some)
    rng = np.random.default_rng(seed)
    fold = np.concatenate([rng.permutation(n) % min(len(some), MOST_FOLDS) for n in (len(some), len(others))])
    scores = np.zeros(len(crystals))
    for one in np.unique(fold):
        classifier = trained([crystals[i] for i in np.flatnonzero(fold != one)], is_some[fold != one])
        unseen = np.flatnonzero(fold == one)
        of_windows = classifier.predict_proba(np.concatenate([crystals[i].features for i in unseen]))[:, 1]
        ends = np.cumsum([len(crystals[i].features) for i in unseen])[:-1]
        scores[unseen] = [part.mean() for part in np.split(of_windows, ends)]
    return float(roc_auc_score(is_some, scores))


def without(crystals: Sequence[Crystal], feature: str = OF_STRUCTURE) -> list[Crystal]:
    """The crystals without one feature."""
    index = list(FEATURES).index(feature)
    return [replace(crystal, features=np.delete(crystal.features, index, axis=1)) for crystal in crystals]


def trained(crystals: Sequence[Crystal], is_some: NDArray[np.bool_]) -> ExtraTreesClassifier:
    """A classifier of windows; every image counts alike, and both groups do."""
    n_windows = [len(crystal.features) for crystal in crystals]
    weights = np.repeat(1 / np.array(n_windows) / np.where(is_some, is_some.sum(), (~is_some).sum()), n_windows)
    features = np.concatenate([crystal.features for crystal in crystals])
    classifier = ExtraTreesClassifier(TREES, min_samples_leaf=3, random_state=0)
    return classifier.fit(features, np.repeat(is_some, n_windows), sample_weight=weights)


def one_alone(crystals: Sequence[Crystal]) -> list[float]:
    """AUC for each scene of several windows against the others: trained on half of its windows, tested on the rest."""
    areas = []
    for index, crystal in enumerate(crystals):
        middle = len(crystal.features) // 2
        if middle >= 2:
            seen, unseen = (replace(crystal, features=half) for half in np.split(crystal.features, [middle]))
            others = [other for k, other in enumerate(crystals) if k != index]
            train, test = [seen, *others[::2]], [unseen, *others[1::2]]
            classifier = trained(train, np.arange(len(train)) == 0)
            scores = classifier.predict_proba(np.concatenate([one.features for one in test]))[:, 1]
            areas.append(float(roc_auc_score(np.arange(len(scores)) < len(unseen.features), scores)))
    return areas


def one_feature(some: Sequence[Crystal], others: Sequence[Crystal]) -> Floats:
    """AUC of each feature alone, 0.5 where it says nothing."""
    values = [medians(group) for group in (some, others)]
    is_some = np.repeat([True, False], [len(some), len(others)])
    areas = np.array([roc_auc_score(is_some, column) for column in np.concatenate(values).T])
    return np.maximum(areas, 1 - areas)


def medians(crystals: Sequence[Crystal]) -> Floats:
    """The features of each image: (images, features)."""
    return np.array([np.median(crystal.features, axis=0) for crystal in crystals])


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
