"""What may be a point of a frame: a peak of a map, or an end or a junction of the stripes that a network sees."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from samiam.errors import InputError
from samiam.polar.inputs import Floats
from samiam.polar.network import HeatMaps
from samiam.polar.peaks import APART, peaks_of
from samiam.polar.settings import Places
from samiam.records.polar_scene import Points
from samiam.skeletons import skeleton_of

_FINER = 2  # times, that stripes are traced: their edges lie between pixels
_LONE = 0.45
"""Height from which a peak is an end of a stripe too short or too faint to be traced.

Chosen on videos of labyrinths of Swift and Hohenberg, where at noise 1 it leaves 0.026 of the ends unfound instead of
0.042, and F is 0.960 instead of 0.958.
"""
_FAR = 0.5  # periods from all that is traced, from which a peak is of something else


def candidates(maps: HeatMaps, places: Places, least: float) -> Points:
    """What may be an end or a junction, scored by the height of its map there.

    Peaks are what a network takes for points. Its stripes have ends and junctions as the truth has, by their skeleton,
    also where a neck is hardly closed or hardly open; a high peak of ends far from these is one of a stripe that was
    not traced.

    Args:
        maps: of one frame.
        places: which of the two.
        least: height of a peak, at least; of stripes all are given.

    Raises:
        InputError: if the network sees no stripes.
    """
    if places == "peaks":
        return _peaks(maps, least)
    if maps.stripe is None:
        raise InputError("places='stripes': this network has no map of stripes; give 'peaks'.")
    return _traced(maps, maps.stripe)


def _peaks(maps: HeatMaps, least: float) -> Points:
    (ends, of_ends), (junctions, of_junctions) = (
        peaks_of(heat, least, maps.period_px) for heat in (maps.end, maps.junction)
    )
    is_junction = np.arange(len(ends) + len(junctions)) >= len(ends)
    return Points(np.concatenate([ends, junctions]), is_junction, np.concatenate([of_ends, of_junctions]))


def _traced(maps: HeatMaps, stripe: Floats) -> Points:
    height, width = stripe.shape
    finer = cv2.resize(stripe - np.float32(0.5), (_FINER * width, _FINER * height), interpolation=cv2.INTER_CUBIC)
    traced = skeleton_of(finer > 0, _FINER * maps.period_px).points(border_px=0)
    positions = (traced.positions_px + 0.5) / _FINER - 0.5
    rows, columns = np.clip(np.rint(positions).astype(int), 0, (height - 1, width - 1)).T
    of_ends, of_junctions = (_highest_near(heat, maps.period_px)[rows, columns] for heat in (maps.end, maps.junction))
    lone, of_lone = peaks_of(maps.end, _LONE, maps.period_px)
    is_far = (cdist(lone, positions) > _FAR * maps.period_px).all(axis=1)
    return Points(
        np.concatenate([positions, lone[is_far]]),
        np.concatenate([traced.is_junction, np.zeros(np.count_nonzero(is_far), np.bool_)]),
        np.concatenate([np.where(traced.is_junction, of_junctions, of_ends), of_lone[is_far]]),
    )


def _highest_near(heat: Floats, period_px: float) -> NDArray[np.float32]:
    """The highest value (h, w) within a quarter of a period."""
    across = 2 * max(1, round(APART * period_px)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (across, across))
    return np.asarray(cv2.dilate(heat, disc), np.float32)
