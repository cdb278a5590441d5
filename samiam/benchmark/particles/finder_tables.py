"""How well finders find particles: by set, by how pictures were taken, by how large particles are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from samiam.benchmark.estimates import groups, mean_of, mean_over, over_specimens
from samiam.benchmark.particles.rows import FinderRow
from samiam.benchmark.particles.samples import CARBON
from samiam.particles.statistics.shares import Estimate

Floats = NDArray[np.float64]
BINS: Mapping[str, tuple[float, ...]] = {
    "dose (e/Å²)": (0, 200, 800, np.inf),
    "defocus (nm)": (0, 6, 20, np.inf),
    "pixel size (nm)": (0, 0.03, 0.042, np.inf),
}
"""Ends of bins that hold about a third each of what the conditions draw by default."""
SIZES_NM = (0, 3, 4, 5, np.inf)
FRINGES = (0, 5, 10, 20, np.inf)  # from 5 on they count as visible
"""Ends of bins of diameters: about a quarter of the particles that the simulation draws lie in each."""


def finder_frame(rows: Sequence[FinderRow]) -> pd.DataFrame:
    """The rows of finders as a table, with how their pictures were taken under the names of `BINS`."""
    named = {"dose": "dose (e/Å²)", "defocus_nm": "defocus (nm)", "pixel_size_nm": "pixel size (nm)"}
    flat = [{**vars(row), **vars(row.taken), "set": row.taken.set_name} for row in rows]
    columns = [*FinderRow.__dataclass_fields__, "set", "specimen", "name", *named]
    found = pd.DataFrame(flat, columns=columns).rename(columns=named)
    return found.astype(dict.fromkeys(named.values(), float))


def by_set(found: pd.DataFrame) -> pd.DataFrame:
    """A row for each set with particles and method: Dice, F1 and the error of the mean diameter.

    Columns: `set`, `method`, `specimens`, `pictures` (with a particle), `left_out` (pictures without one, in which Dice
    is not defined), `dice`, `f1`, `dice_seen` and `f1_seen` (likewise, but particles that nobody can see do not
    matter), `diameter_error` (of the mean over whole particles, in per cent).
    """
    rows = []
    for (set_name, method), own in groups(found[found["set"] != CARBON], ["set", "method"]):
        shown = own[own["n_true"] > 0]
        facts = {"set": set_name, "method": method, "specimens": shown["specimen"].nunique(), "pictures": len(shown)}
        rows.append({**facts, "left_out": len(own) - len(shown), **finder_scores(shown)})
    return pd.DataFrame(rows)


def finder_scores(own: pd.DataFrame) -> dict[str, Estimate]:
    """Scores of one finder on pictures with particles."""
    means = {name: own[name].to_numpy(np.float64) for name in ("dice", "f1", "dice_seen", "f1_seen")}
    sums = {name: np.array([float(np.sum(values)) for values in own[name]]) for name in ("true_nm", "found_nm")}
    numbers = {name: np.array([len(values) for values in own[name]]) for name in ("true_nm", "found_nm")}

    def scores(counts: Floats) -> dict[str, Floats]:
        true, said = ((counts @ sums[name]) / (counts @ numbers[name]) for name in ("true_nm", "found_nm"))
        return {
            **{name: mean_of(values, counts) for name, values in means.items()},
            "diameter_error": 100 * (said / true - 1),
        }

    return over_specimens(own["specimen"].tolist(), scores)


def on_carbon(found: pd.DataFrame) -> pd.DataFrame:
    """A row for each method: what it finds where nothing is, as a share of the picture in per cent.

    Columns: `method`, `specimens`, `pictures`, `false_area`, `largest`, `with_any` (pictures in which it finds any).
    """
    rows = []
    for (method,), own in groups(found[found["set"] == CARBON], ["method"]):
        areas = 100 * own["false_area"].to_numpy(np.float64)
        mean = mean_over(own["specimen"].tolist(), areas)
        facts = {"method": method, "specimens": own["specimen"].nunique(), "pictures": len(own)}
        any_found = int((own["n_found"] > 0).sum())
        rows.append({**facts, "false_area": mean, "largest": areas.max(), "with_any": any_found})
    return pd.DataFrame(rows)


def by_condition(found: pd.DataFrame, score: Literal["dice", "f1"]) -> pd.DataFrame:
    """A score in bins of dose, defocus and pixel size, methods side by side; where these are known.

    Columns: `set`, `quantity`, `bin`, `pictures` (with a particle), and one for each method.
    """
    rows = []
    shown = found[(found["n_true"] > 0) & (found["set"] != CARBON)]
    for quantity, ends in BINS.items():
        for (set_name, name), own in in_bins(shown[shown[quantity].notna()], quantity, ends):
            of_methods = {method: finder_scores(group)[score] for (method,), group in groups(own, ["method"])}
            facts = {"set": set_name, "quantity": quantity, "bin": name, "pictures": own["name"].nunique()}
            rows.append({**facts, **of_methods})
    return pd.DataFrame(rows)


def by_size(found: pd.DataFrame) -> pd.DataFrame:
    """Share of the true particles that are found (IoU 0.5) in bins of their diameters as far as they are shown.

    Columns: `set`, `diameter (nm)`, `particles`, and one for each method.
    """
    return _found_in_bins(found, "sizes_nm", SIZES_NM, "diameter (nm)")


def by_fringes(found: pd.DataFrame) -> pd.DataFrame:
    """The same in bins of how far their fringes stand out of the noise (d′), where that is known."""
    return _found_in_bins(found, "fringes", FRINGES, "d′ of fringes")


def _found_in_bins(found: pd.DataFrame, quantity: str, ends: Sequence[float], named: str) -> pd.DataFrame:
    single = found[found["sizes_nm"].map(len) > 0]
    each = single[["set", "specimen", "method", quantity, "are_found"]].explode([quantity, "are_found"])
    rows = []
    for (set_name, name), own in in_bins(each[each[quantity].notna()], quantity, ends):
        methods = list(groups(own, ["method"]))
        shares = {
            method: mean_over(group["specimen"].tolist(), group["are_found"].to_numpy(np.float64))
            for (method,), group in methods
        }
        rows.append({"set": set_name, named: name, "particles": len(methods[0][1]), **shares})
    return pd.DataFrame(rows)


def in_bins(
    table: pd.DataFrame, quantity: str, ends: Sequence[float]
) -> Iterator[tuple[tuple[Any, ...], pd.DataFrame]]:
    """The rows of each set in each bin of a quantity that has any, the lowest first.

    Args:
        table: with `set`.
        quantity: a column.
        ends: of the bins, the first being its lowest value.
    """
    inner = [f"{low:g} to {high:g}" for low, high in pairwise(ends[1:-1])]
    names = [f"below {ends[1]:g}", *inner, f"from {ends[-2]:g}"]
    binned = table.assign(bin=pd.cut(table[quantity].astype(float), ends, right=False, labels=names))
    for set_name in table["set"].unique():
        of_set = binned[binned["set"] == set_name].sort_values("bin", kind="stable")
        yield from groups(of_set, ["set", "bin"])
