"""What a classifier of crops does with what it has never seen: how much of it stays open, by material and dose.

    python scripts/open_set.py [--weights FILE] [--crops N]

writes `outputs/open_set/table.md` and `reliability.png`. No crop was trained or calibrated on, nor any material of
`UNSEEN`: what stands in for them in training is made of the known ones (`simulate.crops.stand_ins`).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from samiam.metrics.calibration import expected_calibration_error
from samiam.registry import build_classifier
from samiam.settings import read_settings
from samiam.storage.files import made_folder, replacing
from samiam.storage.weight_files import read_card, shipped_weights
from samiam.texture import Answers, CropClassifier
from simulate import procedural_scene
from simulate.crops import CropConditions, CropDataset

ROOT = Path(__file__).parents[1]
UNSEEN = ("LaFeO3", "LaMnO3", "La0.8Sr0.2FeO3", "SrNbO3", "WO3", "a-Ge", "C")
"""Materials of the library; those of the perovskites' kind are there along one zone axis, [100]."""
DOSES = {"1000–5000": (1e3, 5e3), "5000–50000": (5e3, 5e4)}
"""Electrons per Å²; what a card's conditions have been trained on is cut to these."""
KNOWN_NAMES, UNSEEN_OPEN = "right names that stay", "unseen materials left open"
"""What the last lines of the table are of."""
SIDE_PX, SEED = 60, 2**31
_SCENES, _SCENES_SEED = 60, 2**35

Crops = list[NDArray[np.float32]]


@dataclass(frozen=True)
class Group:
    """Crops of one kind.

    Attributes:
        kind: what they show.
        view: along which zone axis, or "".
        label: place of the material among those that the classifier knows, None for none of them.
        of_dose: crops for each range of `DOSES`, or for one name of their own.
    """

    kind: str
    view: str
    label: int | None
    of_dose: Mapping[str, Crops]


def groups(classifier: CropClassifier, conditions: CropConditions, n: int) -> Iterator[Group]:
    """The known materials along each zone axis, then the others, then what no crystal or film is."""
    for label, name in enumerate(classifier.materials):
        for view in conditions.views:
            yield Group(name, view, label, _drawn(name, replace(conditions, views=(view,)), n))
    for name in UNSEEN:
        yield Group(name, "100", None, _drawn(name, replace(conditions, views=("100",)), n))
    for kind, crops in _procedural(n).items():
        yield Group(f"{kind}, procedural", "", None, {"any": crops})
    for kind, crops in _made(n).items():
        yield Group(kind, "", None, {"any": crops})


def _drawn(material: str, conditions: CropConditions, n: int) -> dict[str, Crops]:
    found = {}
    for place, (dose, span) in enumerate(DOSES.items()):
        crops = CropDataset((material,), n, SIDE_PX, replace(conditions, dose_e_per_A2=span), SEED + place)
        found[dose] = [crops[index][0][0].numpy() for index in range(n)]
    return found


def _procedural(n: int) -> dict[str, Crops]:
    """Crops within one material of random scenes."""
    rng, found = np.random.default_rng(SEED), dict[str, Crops](lattice=[], amorphous=[])
    for number in range(_SCENES):
        scene = procedural_scene(_SCENES_SEED + number, shape_hw=(256, 256))
        for material, name in enumerate(scene.materials, start=1):
            crops = found.get(name.split()[0], [])
            for y, x in rng.integers(256 - SIDE_PX, size=(12, 2)):
                window = np.s_[y : y + SIDE_PX, x : x + SIDE_PX]
                if len(crops) < n and (scene.labels[window] == material).all():
                    crops.append(scene.micrograph.pixels[window])
    return found


def _made(n: int) -> dict[str, Crops]:
    rng, shape = np.random.default_rng(SEED), (SIDE_PX, SIDE_PX)
    even = [np.full(shape, level) for level in rng.uniform(0.1, 1, n)]
    slopes = [np.outer(np.ones(SIDE_PX), np.linspace(*ends, SIDE_PX)) for ends in rng.random((n, 2))]
    noise = [rng.normal(level, spread, shape) for level, spread in rng.uniform((0.2, 0.05), (0.8, 0.3), (n, 2))]
    made = {"blank": even, "slow gradient": slopes, "noise": noise}
    return {kind: [np.clip(crop, 0, 1).astype(np.float32) for crop in crops] for kind, crops in made.items()}


def row(group: Group, answers: Mapping[str, Answers], names: Sequence[str]) -> dict[str, Any]:
    """One line of the table: percent, of known materials that is named rightly and kept, of others left open."""
    told = np.concatenate([one.shares.argmax(axis=1) for one in answers.values()])
    given = np.concatenate([one.materials for one in answers.values()])
    cells = {dose: percent(_as_wanted(one, group.label)) for dose, one in answers.items()}
    wrong = given[(given >= 0) & (given != (-1 if group.label is None else group.label))]
    counts = np.bincount(wrong, minlength=len(names)) / len(given)
    confused = ", ".join(f"{names[place]} {100 * share:.0f}" for place, share in enumerate(counts) if share >= 0.05)
    forced = "" if group.label is None else percent(told == group.label)
    return {"material": group.kind, "view": f"[{group.view}]" if group.view else "", "forced": forced} | {
        **{dose: cells.get(dose, "") for dose in DOSES},
        "all": percent(np.concatenate([_as_wanted(one, group.label) for one in answers.values()])),
        "named wrongly": confused,
    }


def _as_wanted(answers: Answers, label: int | None) -> NDArray[np.bool_]:
    """Of a known material, whether the names that would be right stay; of another, whether it stays open."""
    if label is None:
        return answers.materials < 0
    return answers.materials[answers.shares.argmax(axis=1) == label] == label


def percent(is_so: NDArray[np.bool_]) -> str:
    """A share in percent; empty where there is nothing to share."""
    return f"{100 * is_so.mean():.1f}" if len(is_so) else ""


def draw_reliability(path: Path, probability: NDArray[np.float64], is_right: NDArray[np.bool_]) -> None:
    """How often a name is right against how probable the classifier says it is."""
    bins = np.minimum((probability * 10).astype(int), 9)
    places = np.unique(bins)
    figure, axis = plt.subplots(figsize=(4, 4))
    axis.plot([0, 1], [0, 1], color="0.7")
    axis.plot([probability[bins == b].mean() for b in places], [is_right[bins == b].mean() for b in places], "o-")
    error = expected_calibration_error(probability, is_right)
    axis.set(xlabel="probability of the name", ylabel="share that is right", title=f"expected error {error:.3f}")
    figure.tight_layout()
    with replacing(path) as partial:
        figure.savefig(partial, dpi=120, format="png")
    plt.close(figure)


def main() -> None:
    """Draw, classify, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=shipped_weights("crop_classifier"))
    parser.add_argument("--crops", type=int, default=300, help="of each material, view and dose; default: %(default)s")
    parser.add_argument("--folder", type=Path, default=ROOT / "outputs" / "open_set")
    options = parser.parse_args()
    classifier = build_classifier(checkpoint=options.weights, device="cpu")
    conditions = read_settings(CropConditions, "conditions", read_card(options.weights)["config"]["data"]["conditions"])
    rows, probability, is_right = [], [], []
    wanted = dict[str, list[NDArray[np.bool_]]]({KNOWN_NAMES: [], UNSEEN_OPEN: []})
    for group in groups(classifier, conditions, options.crops):
        answers = {dose: classifier.classify(crops) for dose, crops in group.of_dose.items()}
        rows.append(row(group, answers, classifier.materials))
        print(rows[-1], flush=True)
        if group.label is not None or group.kind in UNSEEN:
            told = [one.shares.argmax(axis=1) for one in answers.values()]
            probability += [one.shares.max(axis=1) for one in answers.values()]
            is_right += [one == group.label for one in told]
            total = UNSEEN_OPEN if group.label is None else KNOWN_NAMES
            wanted[total] += [_as_wanted(one, group.label) for one in answers.values()]
    rows += [{"material": total, "all": percent(np.concatenate(each))} for total, each in wanted.items()]
    folder = made_folder(options.folder)
    with replacing(folder / "table.md") as partial:
        partial.write_text(
            str(pd.DataFrame(rows).fillna("").to_markdown(index=False, disable_numparse=True)) + "\n", encoding="utf-8"
        )
    draw_reliability(folder / "reliability.png", np.concatenate(probability), np.concatenate(is_right))
    print((folder / "table.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
