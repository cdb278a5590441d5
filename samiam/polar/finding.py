"""Frame → ends and junctions."""

from __future__ import annotations

from numbers import Real
from typing import get_args

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.errors import InputError
from samiam.formats.readers.memory import ImageLike, as_micrograph
from samiam.polar.finder import build_point_finder
from samiam.polar.period import SHORTEST_PERIOD_PX, Stripes, look_for_stripes
from samiam.polar.protocol import PointFinder
from samiam.polar.result import PolarPoints
from samiam.records import Micrograph
from samiam.records.cutout import Cutout
from samiam.records.polar_scene import Points, Sign

_BORDER = 1.0  # periods from the border within which nobody can tell whether a stripe ends


def find_points(
    micrograph: ImageLike,
    *,
    period_px: float | None = None,
    sign: Sign = "bright",
    finder: PointFinder | None = None,
) -> PolarPoints:
    """Where the stripes of a labyrinth end (merons) and where three of their arms meet (antimerons).

    Where a period is given and the frame shows no stripes, or a lattice of another period, what is found is dropped,
    and the remark and `shows_stripes` say so: of a video nothing is lost.

    Args:
        micrograph: a frame: a `Micrograph`, the path of one, an array (H, W) or a signal of hyperspy, as
            `samiam.segment` takes it.
        period_px: distance from one stripe to the next, in widths of a pixel, from 2 to the frame's shorter side;
            measured where None.
        sign: of the stripes: bright ones, or the dark ones between them.
        finder: what finds points; the network that ships where None, see `samiam.polar.build_point_finder`.

    Raises:
        InputError: if the frame cannot be used, a period is given that no stripes of it can have, or none is and none
            stands out, as in a blank frame, pure noise and a lattice; if the sign is none; or the weights are missing
            or damaged.

    Example:
        >>> from samiam.polar import SkeletonFinder
        >>> y, x = np.indices((120, 120)) - 59.5
        >>> stripes = 0.5 + 0.45 * np.cos(2 * np.pi * y / 12 + np.arctan2(y, x))  # one more on the right
        >>> find_points(Micrograph(stripes, name="one more"), period_px=12, finder=SkeletonFinder())
        PolarPoints(one more, Points(1 end, 0 junctions) of bright stripes)
    """
    micrograph = as_micrograph(micrograph)
    if sign not in get_args(Sign):
        raise InputError(f"sign={sign!r}: give {' or '.join(get_args(Sign))}.")
    if period_px is not None:
        _check_period(micrograph, period_px)
    cutout = Cutout.of(micrograph, evened=False)
    pixels = cutout.micrograph.pixels if sign == "bright" else 1 - cutout.micrograph.pixels
    seen = look_for_stripes(pixels)
    widths = cutout.micrograph.shape_hw[1] / cutout.box_hw[1]  # pixels that are looked at to one of the frame
    if period_px is None:
        period_px = _period_of(micrograph.name, seen) / widths
    remark = _remark(seen, period_px * widths)
    found = (build_point_finder() if finder is None else finder).find(pixels, period_px * widths)
    whole = Points(cutout.put_back_positions(found.positions_px), found.is_junction, found.scores)
    kept = _far_from_border(micrograph, whole.positions_px, period_px)
    shows_stripes = seen.may_be(period_px * widths)
    kept &= shows_stripes
    return PolarPoints(
        micrograph, whole.select(kept), sign, period_px, remark, whole.select(~kept), shows_stripes=shows_stripes
    )


def _check_period(micrograph: Micrograph, period_px: float) -> None:
    """Refuse a period that stripes of a frame cannot have.

    Raises:
        InputError: if it is one.
    """
    height, width = micrograph.shape_hw
    longest_px = min(width, height * micrograph.pixel_aspect)
    is_number = isinstance(period_px, Real) and not isinstance(period_px, bool)
    if not is_number or not SHORTEST_PERIOD_PX <= period_px <= longest_px:
        raise InputError(
            f"{micrograph.name}: period_px={period_px!r}: give a length in pixels, from {SHORTEST_PERIOD_PX:g}, below "
            f"which pixels show no stripes, to {longest_px:g}, the shorter side of the frame; or None to measure it."
        )


def _period_of(name: str, seen: Stripes) -> float:
    """The period that is measured."""
    try:
        return seen.known_period_px
    except InputError as error:
        raise InputError(f"{name}: {error}") from error


def _remark(seen: Stripes, period_px: float) -> str | None:
    """What there is to say of a frame that is said to have such a period."""
    if not seen.may_be(period_px):
        return f"{seen.doubt}: nothing is taken for a point"
    if seen.doubt is None and not seen.is_about(period_px):
        return (
            f"stripes seem to be {seen.period_px:.3g} px apart, not {period_px:.3g} px: points may be missed or false"
        )
    return seen.doubt


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
