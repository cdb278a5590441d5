"""Classifiers of simulated crops: networks, what they start from, and how well they do under unseen conditions.

`python scripts/crop_classifiers.py` trains every cell of the table once for each seed, or reads it back where that is
done, and writes `outputs/crop_classifiers/`: table.md, confusion.png and a folder of weights for each training. Cells
whose weights cannot be had are named with the reason. `--only fenet/random` takes some cells; KEY=VALUE goes to
train.py, as `--set trainer.epochs=1`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import ConfusionMatrixDisplay, confusion_matrix
from torch.utils.data import DataLoader

from samiam.commands.training.crops import drawn_crops
from samiam.commands.training.data import SimulatedCrops
from samiam.errors import InputError
from samiam.registry import build_classifier
from samiam.settings import read_settings
from samiam.storage.files import replacing, sha256_of
from samiam.storage.weight_files import shipped_weights
from samiam.texture import CropClassifier
from samiam.training.classifier.initialisation import NetworkOptions, initialised
from simulate.crops import CropConditions, CropDataset, read_crops

ROOT = Path(__file__).parents[1]
CELLS = (
    *(f"{network}/{init}" for network in ("resnet18", "fenet") for init in ("random", "imagenet", "dtd", "lattices")),
    "efficientnet_lite0/random",
    "efficientnet_lite0/imagenet",
)
UNKNOWN = ("LaFeO3", "WO3", "a-Ge", "C")
"""Materials that no classifier is trained on."""
N_UNKNOWN, UNKNOWN_SEED = 400, 2**31


@dataclass(frozen=True)
class Training:
    """What one training came to.

    Attributes:
        cell: "network/init".
        scores: accuracy of each test, by its name.
        confusion: of true (rows) with told materials, counts over all tests.
        named: share of the crops of known materials that get a name, over all tests.
        right: share of these names that are right.
        open: share of the crops of unknown materials that get none.
        minutes: that it took.
    """

    cell: str
    scores: Mapping[str, float]
    confusion: NDArray[np.int64]
    named: float
    right: float
    open: float
    minutes: float


def unavailable(cell: str, weights: Mapping[str, str]) -> str | None:
    """Why a cell cannot be trained here; None if it can."""
    try:
        initialised(network_of(cell, weights), 2, 0)
    except InputError as error:
        return str(error)
    return None


def network_of(cell: str, weights: Mapping[str, str]) -> NetworkOptions:
    """A cell's network and start, with the file of weights that was given for its start."""
    name, init = cell.split("/")
    return read_settings(NetworkOptions, cell, {"name": name, "init": init, "weights": file_of(cell, weights)})


def file_of(cell: str, weights: Mapping[str, str]) -> str | None:
    """EfficientNet's weights come in a package alone."""
    name, init = cell.split("/")
    return None if name == "efficientnet_lite0" else weights.get(init)


def trained(cell: str, seed: int, folder: Path, weights: Mapping[str, str], settings: Sequence[str]) -> dict[str, Any]:
    """The card of a training, done now unless the folder has one of the same settings."""
    name, init = cell.split("/")
    own = file_of(cell, weights)
    words = [
        *("experiment=crop_classifier", "logger=none", f"seed={seed}"),
        *(f"learner.network.name={name}", f"learner.network.init={init}"),
        *([f"learner.network.weights={own}"] if own else []),
        *settings,
    ]
    start = own or (shipped_weights("fenet_lattices") if init == "lattices" else None)
    asked = {"words": words, "start_sha256": sha256_of(start) if start else None}
    card, done = folder / "crop_classifier.json", folder / "done.json"
    if not (card.is_file() and done.is_file() and json.loads(done.read_text()) == asked):
        done.unlink(missing_ok=True)
        run = [sys.executable, "train.py", *words, f"hydra.run.dir={folder.resolve()}", "trainer.progress=false"]
        subprocess.run(run, cwd=ROOT, check=True)
        done.write_text(json.dumps(asked))
    read: dict[str, Any] = json.loads(card.read_text())
    return read


def crops_of(card: Mapping[str, Any]) -> tuple[Path, tuple[str, ...]]:
    """The folder of the crops that a training used, and the names of its tests."""
    data = {**card["config"]["data"]}
    data["folder"] = str(ROOT / data["folder"])
    folder, names = drawn_crops(read_settings(SimulatedCrops, "data", data))
    return folder, names[2:]


def judged(cell: str, card: Mapping[str, Any], folder: Path, crops: Path, tests: Sequence[str]) -> Training:
    """How a trained classifier does on all tests together, and on materials that it does not know."""
    classifier: CropClassifier = build_classifier(checkpoint=folder / "crop_classifier.safetensors")
    splits = [read_crops(crops, test) for test in tests]
    pixels = [crop.astype(np.float32) / 255 for split in splits for crop in split.pixels]
    labels = np.concatenate([split.labels for split in splits])
    answers = classifier.classify(pixels)
    told, answered = answers.shares.argmax(axis=1), answers.materials
    named = answered >= 0
    return Training(
        cell,
        {test: card["scores"][f"test/{test}/accuracy"] for test in tests},
        confusion_matrix(labels, told, labels=range(len(classifier.materials))),
        float(named.mean()),
        float((answered == labels)[named].mean()) if named.any() else float("nan"),
        left_open(classifier, splits[0].conditions, splits[0].pixels.shape[1]),
        card["minutes"],
    )


def left_open(classifier: CropClassifier, conditions: CropConditions, size_px: int) -> float:
    """Share of crops of unknown materials, under the conditions of training, that get no name."""
    dataset = CropDataset(UNKNOWN, N_UNKNOWN, size_px, conditions, UNKNOWN_SEED)
    crops = [crop for batch, _ in DataLoader(dataset, batch_size=64, num_workers=2) for crop in batch[:, 0].numpy()]
    return float((classifier.classify(crops).materials < 0).mean())


def percent(values: Sequence[float]) -> str:
    """The mean of several seeds and half of its 95 % interval (Student's t), in percent."""
    mean = 100 * float(np.mean(values))
    if len(values) < 2:
        return f"{mean:.1f}"
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(100 * np.asarray(values))
    return f"{mean:.1f} ± {half:.1f}"


def table_of(trainings: Sequence[Training], missing: Mapping[str, str], tests: Sequence[str]) -> str:
    """Markdown: a row for each cell, and below it why the others are missing."""
    rows = []
    for cell in dict.fromkeys(one.cell for one in trainings):
        own = [one for one in trainings if one.cell == cell]
        row = {"network": cell.split("/")[0], "from": cell.split("/")[1], "seeds": len(own)}
        row |= {test: percent([one.scores[test] for one in own]) for test in tests}
        row |= {kind: percent([getattr(one, kind) for one in own]) for kind in ("named", "right", "open")}
        rows.append(row | {"minutes": f"{np.mean([one.minutes for one in own]):.1f}"})
    lines = [
        str(pd.DataFrame(rows).to_markdown(index=False)),
        "",
        *(f"- {cell}: {why}" for cell, why in missing.items()),
    ]
    return "\n".join(lines) + "\n"


def draw_confusions(path: Path, trainings: Sequence[Training], materials: Sequence[str]) -> None:
    """A confusion matrix for each cell, shares of the true material over all seeds and tests."""
    cells = list(dict.fromkeys(one.cell for one in trainings))
    columns = min(4, len(cells))
    figure, axes = plt.subplots(
        -(-len(cells) // columns), columns, squeeze=False, figsize=(3.2 * columns, 3.2 * -(-len(cells) // columns))
    )
    for axis in axes.flat[len(cells) :]:
        axis.axis("off")
    for cell, axis in zip(cells, axes.flat, strict=False):
        counts = sum(one.confusion for one in trainings if one.cell == cell)
        shares = counts / np.maximum(np.sum(counts, axis=1, keepdims=True), 1)
        shown = ConfusionMatrixDisplay(shares, display_labels=materials)
        shown.plot(ax=axis, colorbar=False, cmap="Blues", values_format=".2f", im_kw={"vmin": 0, "vmax": 1})
        axis.set(title=cell, xlabel="told", ylabel="true")
    figure.tight_layout()
    with replacing(path) as partial:
        figure.savefig(partial, dpi=120)
    plt.close(figure)


def main() -> None:
    """Train or read back, judge, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each cell; default: %(default)s")
    parser.add_argument("--only", nargs="+", choices=CELLS, default=CELLS, metavar="CELL", help=", ".join(CELLS))
    parser.add_argument("--folder", type=Path, default=ROOT / "outputs" / "crop_classifiers")
    for init in ("imagenet", "dtd", "lattices"):
        parser.add_argument(f"--{init}", metavar="PATH", help=f"weights to start from, of init={init}")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="of train.py")
    options = parser.parse_args()
    given = {init: getattr(options, init) for init in ("imagenet", "dtd", "lattices")}
    weights = {init: str(Path(path).resolve()) for init, path in given.items() if path}
    reasons = {cell: unavailable(cell, weights) for cell in options.only}
    missing = {cell: why for cell, why in reasons.items() if why}
    if len(missing) == len(options.only):
        sys.exit("\n".join(f"{cell}: {why}" for cell, why in missing.items()))
    trainings: list[Training] = []
    for seed in range(options.seeds):
        for cell in (cell for cell in options.only if cell not in missing):
            folder = options.folder / cell.replace("/", "-") / str(seed)
            card = trained(cell, seed, folder, weights, options.set)
            crops, tests = crops_of(card)
            trainings.append(judged(cell, card, folder, crops, tests))
            table = table_of(trainings, missing, tests)
            with replacing(options.folder / "table.md") as partial:
                partial.write_text(table, encoding="utf-8")
            draw_confusions(options.folder / "confusion.png", trainings, card["config"]["data"]["materials"])
            print(table)


if __name__ == "__main__":
    main()
