"""What is measured of a region to tell whether it shows a fault, in numbers that do not change under a·I + b."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import regionprops_table

from samiam.blurring import blurred
from samiam.particles.faults.domains import BLOCK_PX, N_REFLECTIONS, Line, Maps, best_lines, maps_of
from samiam.particles.faults.region import Region
from samiam.particles.faults.spectrum import fringes_of
from samiam.particles.finder.inputs import WORKING_NM

Floats = NDArray[np.float64]
_MAPPED = 4  # reflections whose maps are described one by one
_STRONG = 8.0  # times what is around it, from which a peak counts as one: speckle reaches it once in 3000 places
_COMBINATIONS = np.array([(a, b) for a in range(-2, 3) for b in range(-2, 3)])
_CUT = 0.1  # share of a reflection's power by which a line has to cut it: a jump of 40° in the middle
_LEAST_ANGLE = 0.3  # sine of that between two reflections that span a lattice
_SAME = 1.0  # diameters to the minus one, within which two frequencies are one
_CHORDS = 18  # directions in which chords are looked at, 10° apart
_FAIR = 0.2  # share of a region's pixels on either side of a chord; as much of a second particle makes two
_SCALES_PX = (1.0, 2.0, 4.0, 8.0)  # of the bands whose power is compared inside and outside


def evidence_of(region: Region) -> dict[str, float]:
    """What is measured of a region, by name."""
    fringes = fringes_of(region)
    maps, diameter_px = maps_of(fringes), fringes.diameter_px
    return {
        **_of_outline(region),
        **_of_contrast(region),
        **_of_peaks(maps, diameter_px),
        **_of_maps(maps, diameter_px),
    }


def _of_outline(region: Region) -> dict[str, float]:
    names = ("area", "solidity", "axis_major_length", "axis_minor_length")
    table = regionprops_table(region.inside.astype(np.uint8), properties=names)  # type: ignore[no-untyped-call]
    area, solidity, longest, shortest = (float(table[name][0]) for name in names)
    return {
        "log_area_nm2": float(np.log(area * WORKING_NM**2)),
        "solidity": solidity,
        "aspect": longest / max(shortest, 1.0),
        "neck": _neck(region.inside, 2 * float(np.sqrt(area / np.pi))),
    }


def _neck(inside: NDArray[np.bool_], diameter_px: float) -> float:
    """The shortest chord with a fair part of a region on either side, in diameters: short where two particles meet."""
    y, x = (at - at.mean() for at in np.nonzero(inside))
    shortest = diameter_px
    for angle in np.pi * np.arange(_CHORDS) / _CHORDS:
        across = x * np.cos(angle) + y * np.sin(angle)
        widths = np.bincount(np.rint(across - across.min()).astype(np.intp))
        before = np.cumsum(widths) / len(across)
        fair = widths[(before > _FAIR) & (before < 1 - _FAIR)]
        shortest = min([shortest, *fair.tolist()])
    return shortest / diameter_px


def _of_contrast(region: Region) -> dict[str, float]:
    """How brightness, and what varies in each band of frequencies, differ inside from outside."""
    outside = ~ndimage.binary_dilation(region.inside, iterations=4)
    if np.count_nonzero(outside) < 50:
        outside = ~region.inside if not region.inside.all() else region.inside
    smooth = [region.pixels, *(blurred(region.pixels, scale) for scale in _SCALES_PX)]
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


def _of_peaks(maps: Maps, diameter_px: float) -> dict[str, float]:
    lengths = np.hypot(*maps.frequencies.T)
    directions = np.rad2deg(np.arctan2(maps.frequencies[:, 0], maps.frequencies[:, 1]))
    powers = maps.above * maps.around
    found = {"n_strong": float(np.count_nonzero(maps.above > _STRONG))}
    for index in range(N_REFLECTIONS):
        found[f"above_{index}"] = float(np.log1p(maps.above[index]))
        found[f"per_nm_{index}"] = float(lengths[index] / WORKING_NM)
        found[f"share_{index}"] = float(powers[index] / max(powers.sum(), 1e-12))
        found[f"turned_{index}"] = float(abs((directions[index] - directions[0] + 90) % 180 - 90))
    found["explained"], found["unexplained"] = _by_one_lattice(maps, diameter_px)
    return found


def _by_one_lattice(maps: Maps, diameter_px: float) -> tuple[float, float]:
    """Share of the power of the peaks that one lattice accounts for, and how far the strongest other stands out."""
    excess = np.maximum(maps.above - _STRONG / 2, 0) * maps.around
    if not excess.any():
        return 1.0, 0.0
    best, is_other = 0.0, np.ones(len(excess), bool)
    for pair in combinations(range(len(excess)), 2):
        basis = maps.frequencies[list(pair)]
        if abs(np.linalg.det(basis)) <= _LEAST_ANGLE * np.prod(np.linalg.norm(basis, axis=1)):
            continue
        gaps = np.linalg.norm(_COMBINATIONS @ basis - maps.frequencies[:, None], axis=2).min(axis=1)
        is_of = gaps < _SAME / diameter_px
        share = float(excess[is_of].sum() / excess.sum())
        if share > best:
            best, is_other = share, ~is_of
    return best, float((np.log1p(maps.above) * is_other).max())


def _of_maps(maps: Maps, diameter_px: float) -> dict[str, float]:
    strong = (maps.above > _STRONG) | (np.arange(N_REFLECTIONS) == 0)
    scale = strong / maps.around
    joint, *own = best_lines(maps, scale)
    near = np.abs(maps.local) ** 2 * maps.counts
    everywhere = np.maximum(near.sum(axis=1), 1e-12)
    found = _of_line(joint, maps, scale, everywhere, diameter_px)
    found["one_phase"] = float((joint.wholes * scale).sum() / (everywhere * scale).sum())
    for index, line in enumerate(own[:_MAPPED]):
        found[f"one_phase_{index}"] = float(line.wholes[index] / everywhere[index])
        found[f"two_phases_{index}"] = float((line.wholes[index] + line.gains[index]) / everywhere[index])
        found[f"gain_{index}"] = float(np.log1p(line.gains[index] / maps.around[index]))
        found |= {f"{name}_{index}": value for name, value in _of_sides(line.sides[index]).items()}
        squares = float((near[index] ** 2 / maps.counts).sum())
        found[f"spread_{index}"] = float(near[index].sum() ** 2 / (maps.counts.sum() * squares + 1e-12))
    return found | _of_pairs(maps, near, strong, diameter_px)


def _of_line(line: Line, maps: Maps, scale: Floats, everywhere: Floats, diameter_px: float) -> dict[str, float]:
    directions = np.rad2deg(np.arctan2(maps.frequencies[:, 0], maps.frequencies[:, 1]))
    off = np.abs((directions - line.normal_deg + 90) % 180 - 90)
    gain, whole = float((line.gains * scale).sum()), float((line.wholes * scale).sum())
    found = {
        "line_gain": float(np.log1p(gain)),
        "line_share": gain / (gain + whole + 1e-12),
        "line_explains": (gain + whole) / float((everywhere * scale).sum()),
        "line_off_centre": abs(line.offset_px) / diameter_px,
        "line_off_reflection_deg": float(off[scale > 0].min()),
        "line_chord": _chord(line, maps) / diameter_px,
    }
    shares = line.gains / (line.gains + line.wholes + 1e-12)
    of_sides = [_of_sides(sides) for sides in line.sides]
    most = int(np.argmax(line.gains * scale))  # the reflection that the line cuts
    across = int(np.argmin(np.where(scale > 0, off, np.inf)))  # that of planes along the line, if a fault's
    found |= {"most_share": float(shares[most]), "across_share": float(shares[across])}
    found |= {f"most_{name}": value for name, value in of_sides[most].items()}
    found["n_cut"] = float(np.count_nonzero((shares > _CUT) & (scale > 0)))
    for index in range(_MAPPED):
        found[f"line_share_{index}"] = float(shares[index])
        found[f"line_off_{index}"] = float(off[index])
        found |= {f"line_{name}_{index}": value for name, value in of_sides[index].items()}
    return found


def _chord(line: Line, maps: Maps) -> float:
    """How much of a line lies within the region, in pixels."""
    angle = np.deg2rad(line.normal_deg)
    across = maps.places @ [np.sin(angle), np.cos(angle)] - line.offset_px
    # A strip of two blocks, of which those at the outline count by what is in them.
    return float(maps.counts[np.abs(across) <= BLOCK_PX].sum()) / (2 * BLOCK_PX)


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
    alike = np.atleast_2d(np.corrcoef(chosen / maps.counts))[np.triu_indices(len(chosen), 1)]
    apart = np.linalg.norm(middles[:, None] - middles[None], axis=2).max()
    return {
        "least_alike": float(np.nan_to_num(alike, nan=1.0).min()),
        "mean_alike": float(np.nan_to_num(alike, nan=1.0).mean()),
        "apart": float(apart / diameter_px),
    }
