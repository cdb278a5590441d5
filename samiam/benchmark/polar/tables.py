"""How well ends and junctions are found and linked, from the rows of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from samiam.benchmark.estimates import groups, over_specimens
from samiam.benchmark.polar.rows import PointRow, TrackRow, Truth
from samiam.particles.statistics.shares import Estimate

Floats = NDArray[np.float64]
_PLURAL = {"end": "ends", "junction": "junctions"}
PAPER: Mapping[str, Mapping[str, Any]] = {
    "end": {"precision": "about 0.7", "recall": "about 0.7", "FPR": "2.9 %", "FNR": "3.3 %"},
    "junction": {"precision": "", "recall": "", "FPR": "2.7 %", "FNR": "28 %"},
}
"""What Lin et al. say of merons and antimerons, over the whole sequence."""


def radius_named(radius: float) -> str:
    """A matching radius as part of a metric's name."""
    return {0.5: "half_period", 0.25: "quarter_period", 1.0: "one_period"}.get(radius, f"{radius:g}_periods")


def point_frame(rows: Sequence[PointRow]) -> pd.DataFrame:
    """The rows of points as a table."""
    return pd.DataFrame([row.to_json() for row in rows], columns=list(PointRow.__dataclass_fields__))


def track_frame(rows: Sequence[TrackRow]) -> pd.DataFrame:
    """The rows of tracks as a table."""
    return pd.DataFrame([row.to_json() for row in rows], columns=list(TrackRow.__dataclass_fields__))


def by_noise(points: pd.DataFrame, radius: float) -> pd.DataFrame:
    """A row for each noise and method: F, precision and recall of ends and of junctions within the first radius.

    Columns: `noise`, `method`, `videos`, `frames`, and for each kind `f_<kind>_within_<radius>`, `precision_<kind>_…`,
    `recall_<kind>_…`.
    """
    rows = []
    for (noise, method), own in groups(points, ["noise", "method"]):
        facts = {"noise": noise, "method": method, "videos": own["video"].nunique(), "frames": _frames(own)}
        scores: dict[str, Estimate] = {}
        for (kind,), of_kind in groups(own, ["kind"]):
            named = f"{_PLURAL[kind]}_within_{radius_named(radius)}"
            scores |= {f"{name}_{named}": value for name, value in _scores(of_kind, 0).items()}
        ordered = sorted(scores, key=lambda name: ("f", "precision", "recall").index(name.partition("_")[0]))
        rows.append({**facts, **{name: scores[name] for name in ordered}})
    return pd.DataFrame(rows)


def by_radius(points: pd.DataFrame, radii: Sequence[float]) -> pd.DataFrame:
    """F at each radius, the smallest first: a row for each noise, method and kind."""
    rows = []
    order = sorted(range(len(radii)), key=lambda index: radii[index])
    for (noise, method, kind), own in groups(points, ["noise", "method", "kind"]):
        scores = {f"f_within_{radius_named(radii[index])}": _scores(own, index)["f"] for index in order}
        rows.append({"noise": noise, "method": method, "points": _PLURAL[kind], **scores})
    return pd.DataFrame(rows)


def beside_the_paper(points: pd.DataFrame, radius: float) -> pd.DataFrame:
    """Every rate that "FPR" and "FNR" may mean, to stand beside the paper's numbers.

    Columns: `method`, `noise`, `points`, `precision_…`, `recall_…`, `missed_of_true_…` (missed / true points),
    `false_of_found_…` (false / found points), `false_of_empty_places_…` (false / squares of one period a side without a
    point).
    """
    within = f"within_{radius_named(radius)}"
    rows: list[dict[str, object]] = []
    for (noise, method, kind), own in groups(points, ["noise", "method", "kind"]):
        facts = {"method": method, "noise": noise, "points": _PLURAL[kind]}
        rates = _rates(own)
        rows.append({**facts, **{f"{name}_{within}": value for name, value in rates.items()}})
    return pd.DataFrame(rows)


def published() -> pd.DataFrame:
    """The paper's numbers."""
    return pd.DataFrame([{"points": _PLURAL[kind], **facts} for kind, facts in PAPER.items()])


def linked(tracks: pd.DataFrame, truth: Truth) -> pd.DataFrame:
    """A row for each noise and method: IDF1 of both kinds, and of events the shares that are found and that are true.

    Args:
        tracks: rows.
        truth: against which.

    Returns:
        Columns `noise`, `method`, `videos`, `frames`, `idf1_ends`, `idf1_junctions`, `annihilations` (true ones),
        `annihilations_found`, `annihilations_true`, `events`, `events_found`, `events_true`.
    """
    rows = []
    for (noise, method), own in groups(tracks[tracks["truth"] == truth], ["noise", "method"]):
        facts = {"noise": noise, "method": method, "videos": own["video"].nunique(), "frames": int(own["frames"].sum())}
        numbers = {name: np.array(own[name].tolist(), np.float64) for name in _OF_TRACKS}
        found = over_specimens(own["video"].tolist(), partial(_track_scores, of=numbers))
        events = {name: int(numbers[name][:, 0].sum()) for name in ("annihilations", "events")}
        rows.append({**facts, **{name: events.get(name, found.get(name)) for name in _COLUMNS}})
    return pd.DataFrame(rows)


_OF_TRACKS = ("right", "true", "found", "annihilations", "events")
_COLUMNS = (
    *("idf1_ends", "idf1_junctions"),
    *("annihilations", "annihilations_found", "annihilations_true"),
    *("events", "events_found", "events_true"),
)


def _track_scores(counts: Floats, of: Mapping[str, Floats]) -> dict[str, Floats]:
    right, true, found = (counts @ of[name] for name in ("right", "true", "found"))  # (B, 2) each
    idf1 = 2 * right / (true + found)
    scores = {"idf1_ends": idf1[:, 0], "idf1_junctions": idf1[:, 1]}
    for name in ("annihilations", "events"):
        n_true, n_found, n_same = (counts @ of[name]).T
        scores |= {f"{name}_found": n_same / n_true, f"{name}_true": n_same / n_found}
    return scores


def _frames(own: pd.DataFrame) -> int:
    return int(own.drop_duplicates("video")["frames"].sum())


def _scores(own: pd.DataFrame, radius_index: int) -> dict[str, Estimate]:
    true, found, matched = _numbers(own, radius_index)

    def scores(counts: Floats) -> dict[str, Floats]:
        n_true, n_found, n_matched = (counts @ values for values in (true, found, matched))
        return {
            "f": 2 * n_matched / (n_true + n_found),
            "precision": n_matched / n_found,
            "recall": n_matched / n_true,
        }

    return over_specimens(own["video"].tolist(), scores)


def _rates(own: pd.DataFrame) -> dict[str, Estimate]:
    true, found, matched = _numbers(own, 0)
    places = own["places"].to_numpy(np.float64)

    def rates(counts: Floats) -> dict[str, Floats]:
        n_true, n_found, n_matched, n_places = (counts @ values for values in (true, found, matched, places))
        return {
            "precision": n_matched / n_found,
            "recall": n_matched / n_true,
            "missed_of_true": 1 - n_matched / n_true,
            "false_of_found": 1 - n_matched / n_found,
            "false_of_empty_places": (n_found - n_matched) / n_places,
        }

    return over_specimens(own["video"].tolist(), rates)


def _numbers(own: pd.DataFrame, radius_index: int) -> tuple[Floats, Floats, Floats]:
    true, found = (own[name].to_numpy(np.float64) for name in ("n_true", "n_found"))
    return true, found, np.array([row[radius_index] for row in own["matched"]], np.float64)
