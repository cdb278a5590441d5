"""How well faults are told: five classes, faulty against faultless, by variant and by whose outlines regions have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from samiam.benchmark.estimates import groups, mean_over, over_specimens
from samiam.benchmark.particles.finder_tables import BINS, SIZES_NM, in_bins
from samiam.benchmark.particles.rows import KNOWN, RegionRow
from samiam.particles.faults.scores import FAULT, class_scores, two_class_scores
from samiam.particles.result import FAULT_CLASSES
from samiam.particles.statistics.shares import Estimate

Floats = NDArray[np.float64]
_SCORES = ("balanced_accuracy", "as_counted", "calibration_error", "accuracy_at_80", "named", "right_of_named")
_UNDECIDED = -1
_KEYS = ("set", "regions", "method")
ON_THEIR_CUT = "ours, on the paper's regions"
"""Ours where the paper's cut takes a region, to stand beside the paper's."""


def region_frame(rows: Sequence[RegionRow]) -> pd.DataFrame:
    """The rows of classifiers as a table, those that they do not look at left out; ours on the paper's regions too."""
    named = {"dose": "dose (e/Å²)", "defocus_nm": "defocus (nm)", "pixel_size_nm": "pixel size (nm)"}
    flat = [
        {**vars(row), **vars(row.taken), "set": row.taken.set_name}
        for row in rows
        if np.isfinite(row.probabilities).all()
    ]
    columns = [*RegionRow.__dataclass_fields__, "set", "specimen", "name", *named]
    found = pd.DataFrame(flat, columns=columns).rename(columns=named)
    found["fault_class"] = found["fault_class"].fillna(_UNDECIDED).astype(int)
    if not (found["method"] == "paper").any():
        return found
    beside = found[(found["method"] == "ours") & found["is_cut_out"].astype(bool)].assign(method=ON_THEIR_CUT)
    return pd.concat([found, beside], ignore_index=True)


def five_classes(found: pd.DataFrame, confidence: Mapping[str, float]) -> pd.DataFrame:
    """A row for each set, kind of regions and classifier: scores over the five classes and the recall of each.

    Args:
        found: as `region_frame` makes it.
        confidence: least probability of a class that is named, by classifier.
    """
    rows = []
    for key, own in groups(found[found["fault_class"] != _UNDECIDED], _KEYS):
        scores = _over(own, partial(class_scores, confidence=confidence.get(key[2], confidence.get("ours", 0.0))))
        counts = {f"n {name}": int((own["fault_class"] == index).sum()) for index, name in enumerate(FAULT_CLASSES)}
        facts = {"specimens": own["specimen"].nunique(), "n": len(own)}
        chosen = {name: scores[name] for name in _SCORES}
        recalls = {f"recall {name}": scores[f"recall/{name}"] for name in FAULT_CLASSES}
        rows.append({**dict(zip(_KEYS, key, strict=True)), **facts, **chosen, **recalls, **counts})
    return pd.DataFrame(rows)


def visible_faults(found: pd.DataFrame) -> pd.DataFrame:
    """A row likewise for particles in ⟨110⟩ views, and in others: faulty against faultless.

    Columns: `balanced_accuracy`, `auc` and `n` of those whose fault is visible or that have none; `called_faulty`, the
    share of all faulty ones, visibly or not, that are called so by the likeliest of the five classes, and `n_faulty`.
    """
    rows = []
    single = found[found["is_faulty"].astype(bool) | (found["fault_class"] == FAULT_CLASSES.index("no fault"))]
    views = single.assign(view=np.where(single["is_edge_on"].astype(bool), "⟨110⟩", "others"))
    for key, own in groups(views, ("view", *_KEYS)):
        scores = _over(own, two_class_scores)
        is_faulty = own["is_faulty"].to_numpy(bool)
        said = np.array([int(np.argmax(one)) == FAULT for one in own["probabilities"]])
        called = mean_over(own["specimen"].tolist(), np.where(is_faulty, said.astype(np.float64), np.nan))
        facts = {"specimens": own["specimen"].nunique(), "n": int(scores["n"].value)}
        chosen = {name: scores[name] for name in ("balanced_accuracy", "auc")}
        share = {"n_faulty": int(is_faulty.sum()), "called_faulty": called}
        rows.append({**dict(zip(("view", *_KEYS), key, strict=True)), **facts, **chosen, **share})
    return pd.DataFrame(rows)


def faults_in_bins(found: pd.DataFrame) -> pd.DataFrame:
    """Balanced accuracy over the five classes in bins of dose, defocus, pixel size and diameter, of known regions.

    Columns: `set`, `quantity`, `bin`, `regions` (of the first classifier), and one for each classifier.
    """
    rows = []
    however_sure = partial(class_scores, confidence=0.0)
    known = found[(found["fault_class"] != _UNDECIDED) & (found["regions"] == KNOWN)]
    for quantity, ends in {**BINS, "diameter_nm": SIZES_NM}.items():
        for (set_name, name), own in in_bins(known, quantity, ends):
            tellers = list(groups(own, ["method"]))
            scores = {method: _over(group, however_sure)["balanced_accuracy"] for (method,), group in tellers}
            said = "diameter (nm)" if quantity == "diameter_nm" else quantity
            facts = {"set": set_name, "quantity": said, "bin": name, "regions": len(tellers[0][1])}
            rows.append({**facts, **scores})
    return pd.DataFrame(rows)


def _over(own: pd.DataFrame, scores: Any) -> dict[str, Estimate]:  # noqa: ANN401 - scores with settings of their own
    probabilities = np.array(own["probabilities"].tolist(), np.float64).reshape(-1, len(FAULT_CLASSES))
    classes = own["fault_class"].to_numpy(np.int64)
    return over_specimens(own["specimen"].tolist(), lambda counts: scores(probabilities, classes, weights=counts))
