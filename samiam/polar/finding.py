"""Frame → ends and junctions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.errors import InputError
from samiam.polar.finder import build_point_finder
from samiam.polar.period import Stripes, look_for_stripes
from samiam.polar.protocol import PointFinder
from samiam.polar.result import PolarPoints
from samiam.records import Micrograph
from samiam.records.cutout import Cutout
from samiam.records.polar_scene import Points, Sign

_BORDER = 1.0  # periods from the border within which nobody can tell whether a stripe ends
_ALIKE = 1.5  # times longer or shorter, a period is another one than was given


def find_points(
    micrograph: Micrograph,
    *,
    period_px: float | None = None,
    sign: Sign = "bright",
    finder: PointFinder | None = None,
) -> PolarPoints:
    """Where the stripes of a labyrinth end (merons) and where three of their arms meet (antimerons).

    Where a period is given and the frame shows no stripes, what is found all the same is dropped, and the remark says
    so: of a video nothing is lost.

    Args:
        micrograph: a frame.
        period_px: distance from one stripe to the next, in widths of a pixel; measured where None.
        sign: of the stripes: bright ones, or the dark ones between them.
        finder: what finds points; the network that ships where None, see `samiam.polar.build_point_finder`.

    Raises:
        InputError: if no period is given and none stands out, as in a blank frame, pure noise and a lattice; or the
            weights are missing or damaged.

    Example:
        >>> from samiam.polar import SkeletonFinder
        >>> rows, columns = np.indices((96, 96))
        >>> stripes = 0.5 + 0.5 * np.cos(2 * np.pi * rows / 12) * (columns > 48)
        >>> find_points(Micrograph(stripes, name="comb"), period_px=12, finder=SkeletonFinder())
        PolarPoints(comb, Points(7 ends, 0 junctions) of bright stripes)
    """
    cutout = Cutout.of(micrograph, evened=False)
    pixels = cutout.micrograph.pixels if sign == "bright" else 1 - cutout.micrograph.pixels
    seen = look_for_stripes(pixels)
    widths = cutout.micrograph.shape_hw[1] / cutout.box_hw[1]  # pixels that are looked at to one of the frame
    if period_px is None:
        period_px = _period_of(micrograph.name, seen) / widths
    if not 0 < period_px < np.inf:
        raise InputError(f"{micrograph.name}: period_px={period_px}: give a length in pixels.")
    remark = _remark(seen, period_px * widths)
    found = (build_point_finder() if finder is None else finder).find(pixels, period_px * widths)
    whole = Points(cutout.put_back_positions(found.positions_px), found.is_junction, found.scores)
    kept = _far_from_border(micrograph, whole.positions_px, period_px)
    if seen.period_px is None:
        kept[:] = False
    return PolarPoints(micrograph, whole.select(kept), sign, period_px, remark, whole.select(~kept))


def _period_of(name: str, seen: Stripes) -> float:
    """The period that is measured."""
    try:
        return seen.known_period_px
    except InputError as error:
        raise InputError(f"{name}: {error}") from error


def _remark(seen: Stripes, period_px: float) -> str | None:
    """What there is to say of a frame that is said to have such a period."""
    if seen.period_px is None:
        return f"{seen.doubt}: nothing is taken for a point"
    if seen.doubt is not None:
        return seen.doubt
    if not 1 / _ALIKE < seen.period_px / period_px < _ALIKE:
        return f"stripes seem to be {seen.period_px:.3g} px apart, not {period_px:.3g} px: points may be missed"
    return None


def _far_from_border(micrograph: Micrograph, positions_px: NDArray[np.float64], period_px: float) -> NDArray[np.bool_]:
    """Which positions (n, 2) lie a period or more within what is shown."""
    height, width = micrograph.shape_hw
    aspect = micrograph.pixel_aspect
    reach = _BORDER * period_px / np.array([aspect, 1.0])
    within = (positions_px >= reach) & (positions_px <= np.array([height, width]) - 1 - reach)
    inside: NDArray[np.bool_] = np.all(within, axis=1)
    if micrograph.shown is None:
        return inside
    depth = ndimage.distance_transform_edt(micrograph.shown, sampling=(aspect, 1.0))
    rows, columns = np.rint(positions_px[inside]).astype(np.int64).T
    inside[inside] = depth[rows, columns] > _BORDER * period_px
    return inside
