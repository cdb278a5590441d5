"""What is measured of a region to tell whether it shows a fault, in numbers that do not change under a·I + b."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import regionprops

from samiam.particles.faults.domains import Line, Maps, best_lines, maps_of
from samiam.particles.faults.region import WORKING_NM, Region
from samiam.particles.faults.spectrum import N_REFLECTIONS, Fringes, fringes_of

Floats = NDArray[np.float64]
_MAPPED = 4  # reflections whose maps are described one by one
_STRONG = 8.0  # times what is around it, from which a peak counts as one: speckle reaches it once in 3000 places
_COMBINATIONS = np.array([(a, b) for a in range(-2, 3) for b in range(-2, 3)])
_SAME = 1.0  # diameters to the minus one, within which two frequencies are one
_SCALES_PX = (1.0, 2.0, 4.0, 8.0)  # of the bands whose power is compared inside and outside


def evidence_of(region: Region) -> dict[str, float]:
    """What is measured of a region, by name."""
    fringes = fringes_of(region)
    maps = maps_of(fringes)
    return {**_of_outline(region), **_of_contrast(region), **_of_peaks(fringes), **_of_maps(fringes, maps)}


def _of_outline(region: Region) -> dict[str, float]:
    props = regionprops(region.inside.astype(np.uint8))[0]
    return {
        "log_area_nm2": float(np.log(props.area * WORKING_NM**2)),
        "solidity": float(props.solidity),
        "aspect": float(props.axis_major_length / max(props.axis_minor_length, 1.0)),
    }


def _of_contrast(region: Region) -> dict[str, float]:
    """How brightness, and what varies in each band of frequencies, differ inside from outside."""
    outside = ~ndimage.binary_dilation(region.inside, iterations=4)
    if np.count_nonzero(outside) < 50:
        outside = ~region.inside if not region.inside.all() else region.inside
    smooth = [region.pixels, *(ndimage.gaussian_filter(region.pixels, scale) for scale in _SCALES_PX)]
    found = {}
    level = smooth[3]
    spread = float(level[outside].std()) or 1.0
    inside_level = level[region.inside]
    found["brightness"] = float((inside_level.mean() - level[outside].mean()) / spread)
    found["log_mottle"] = _log_ratio(float(inside_level.var()), spread**2)
    whole = float((region.pixels - smooth[4])[region.inside].var())
    for name, finer, coarser in zip("abcd", smooth[:-1], smooth[1:], strict=True):
        band = finer - coarser
        found[f"log_band_{name}"] = _log_ratio(float(band[region.inside].var()), float(band[outside].var()))
        found[f"share_band_{name}"] = float(band[region.inside].var()) / whole if whole else 0.0
    return found


def _log_ratio(one: float, other: float) -> float:
    return float(np.clip(np.log((one + 1e-12) / (other + 1e-12)), -9, 9))


def _of_peaks(fringes: Fringes) -> dict[str, float]:
    above = np.log(fringes.powers / fringes.around + 1)
    lengths = np.hypot(*fringes.frequencies.T)
    directions = np.rad2deg(np.arctan2(fringes.frequencies[:, 0], fringes.frequencies[:, 1]))
    found = {"n_strong": float(np.count_nonzero(fringes.powers > _STRONG * fringes.around))}
    for index in range(N_REFLECTIONS):
        found[f"above_{index}"] = float(above[index])
        found[f"per_nm_{index}"] = float(lengths[index] / WORKING_NM)
        found[f"share_{index}"] = float(fringes.powers[index] / max(fringes.powers.sum(), 1e-12))
        turned = abs((directions[index] - directions[0] + 90) % 180 - 90)
        found[f"turned_{index}"] = float(turned)
    found["explained"], found["unexplained_above"] = _by_one_lattice(fringes)
    return found


def _by_one_lattice(fringes: Fringes) -> tuple[float, float]:
    """Share of the power of the peaks that one lattice accounts for, and how far the strongest other stands out."""
    excess = np.maximum(fringes.powers - 0.5 * _STRONG * fringes.around, 0)
    if not excess.any():
        return 1.0, 0.0
    best, unexplained = 0.0, np.ones(len(excess), bool)
    for pair in combinations(range(len(excess)), 2):
        basis = fringes.frequencies[list(pair)]
        if abs(np.linalg.det(basis)) < 0.3 * np.prod(np.linalg.norm(basis, axis=1)):
            continue
        nodes = _COMBINATIONS @ basis
        gaps = np.linalg.norm(nodes[None] - fringes.frequencies[:, None], axis=2).min(axis=1)
        is_of = gaps < _SAME / fringes.diameter_px
        share = float(excess[is_of].sum() / excess.sum())
        if share > best:
            best, unexplained = share, ~is_of
    return best, float((np.log(fringes.powers / fringes.around + 1) * unexplained).max())


def _of_maps(fringes: Fringes, maps: Maps) -> dict[str, float]:
    strong = (fringes.powers > _STRONG * fringes.around) | (np.arange(N_REFLECTIONS) == 0)
    scale = strong / fringes.around
    joint, *own = best_lines(maps, scale)
    near = np.abs(maps.local) ** 2 * maps.counts
    locals_ = np.maximum(near.sum(axis=1), 1e-12)
    found = _of_line(joint, fringes, maps, scale, locals_)
    found["one_phase"] = float((joint.wholes * scale).sum() / (locals_ * scale).sum())
    for index in range(_MAPPED):
        line = own[index]
        found[f"one_phase_{index}"] = float(line.wholes[index] / locals_[index])
        found[f"two_phases_{index}"] = float((line.wholes[index] + line.gains[index]) / locals_[index])
        found[f"gain_{index}"] = float(np.log1p(line.gains[index] / fringes.around[index]))
        found |= {f"{name}_{index}": value for name, value in _of_sides(line.sides[index]).items()}
        found[f"spread_{index}"] = float(
            locals_[index] ** 2 / (maps.counts.sum() * (near[index] ** 2 / maps.counts).sum() + 1e-12)
        )
    return found | _of_pairs(maps, near, strong, fringes.diameter_px)


def _of_line(line: Line, fringes: Fringes, maps: Maps, scale: Floats, locals_: Floats) -> dict[str, float]:
    directions = np.rad2deg(np.arctan2(maps.frequencies[:, 0], maps.frequencies[:, 1]))
    off = np.abs((directions - line.normal_deg + 90) % 180 - 90)
    gain, whole = float((line.gains * scale).sum()), float((line.wholes * scale).sum())
    found = {
        "line_gain": float(np.log1p(gain)),
        "line_share": gain / (gain + whole + 1e-12),
        "line_explains": float(((line.gains + line.wholes) * scale).sum() / (locals_ * scale).sum()),
        "line_off_centre": abs(line.offset_px) / fringes.diameter_px,
        "line_off_reflection_deg": float(off[scale > 0].min()),
    }
    for index in range(_MAPPED):
        found[f"line_share_{index}"] = float(line.gains[index] / (line.gains[index] + line.wholes[index] + 1e-12))
        found[f"line_off_{index}"] = float(off[index])
        found |= {f"line_{name}_{index}": value for name, value in _of_sides(line.sides[index]).items()}
    return found


def _of_sides(sides: NDArray[np.complex128]) -> dict[str, float]:
    """How phase and amplitude differ from one side of a line to the other."""
    one, other = np.abs(sides)
    return {
        "jump_deg": float(np.rad2deg(abs(np.angle(sides[0] * np.conj(sides[1]))))),
        "one_sided": float(abs(one - other) / (one + other + 1e-12)),
    }


def _of_pairs(maps: Maps, near: Floats, strong: NDArray[np.bool_], diameter_px: float) -> dict[str, float]:
    """Whether the reflections are of the same places."""
    chosen = near[strong]
    middles = (chosen @ maps.places) / np.maximum(chosen.sum(axis=1, keepdims=True), 1e-12)
    if len(chosen) < 2:
        return {"least_alike": 1.0, "mean_alike": 1.0, "apart": 0.0}
    alike = np.corrcoef(chosen / maps.counts)[np.triu_indices(len(chosen), 1)]
    apart = np.linalg.norm(middles[:, None] - middles[None], axis=2).max()
    return {
        "least_alike": float(np.nan_to_num(alike.min(), nan=1.0)),
        "mean_alike": float(np.nan_to_num(alike.mean(), nan=1.0)),
        "apart": float(apart / diameter_px),
    }
