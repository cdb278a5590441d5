"""Which beginnings and ends of tracks belong together: as one change of the stripes, or one track that was not seen.

Where stripes change, Σ(arms − 2) of the junctions less the number of ends changes by an even number: by twice that of
the pieces that come or the holes that close (Euler's law, see `samiam.skeletons`). Two points take part in a change,
therefore, and nothing comes or goes alone but at the border. Several changes near each other are told apart by pairing
all beginnings and ends at once, so that the whole costs least.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array
from scipy.spatial import KDTree

from samiam.polar.linking.lives import Change
from samiam.polar.linking.tracks import Event
from samiam.polar.settings import LinkingOptions
from samiam.records.polar_scene import Kind

# Costs, chosen on videos of labyrinths of Swift and Hohenberg; they matter little.
_ALWAYS = 0.5  # of a pair, however near; what is left alone costs 1
_FARTHEST = 1.0  # of a pair as far apart as may be, beyond that
_LATE = 0.1  # of each frame between the two
_MISSED = 1.2  # of a track that was away for as long as may be, beyond how far it has moved

MEETINGS: Mapping[frozenset[tuple[Kind, bool]], Event] = {
    frozenset({("end", False), ("junction", False)}): "annihilation",
    frozenset({("end", True), ("junction", True)}): "pair creation",
    frozenset({("end", False)}): "joining",
    frozenset({("end", True)}): "breaking",
    frozenset({("end", False), ("junction", True)}): "attachment",
    frozenset({("junction", False), ("end", True)}): "detachment",
    frozenset({("junction", True)}): "bridging",
    frozenset({("junction", False)}): "bridge breaking",
}
"""By the kinds of two tracks and whether they begin; one of them where both are alike."""

Partners = dict[int, int]


def meeting_of(one: Change, other: Change) -> Event | None:
    """What two beginnings or ends are together; None where a track ends and one of its kind begins: it may go on so."""
    return MEETINGS.get(frozenset({(one.life.kind, one.begins), (other.life.kind, other.begins)}))


def partners_of(
    changes: Sequence[Change], alone: Sequence[float], period: float, options: LinkingOptions, every: int = 1
) -> Partners:
    """By the index of each change that is paired, that of the other; of all pairings the one that costs least.

    Args:
        changes: beginnings and ends of tracks.
        alone: what each costs where it is left alone, 1 for one that is sure.
        period: of the stripes, in the unit of places.
        options: how near two are at least, and for how long a track may not be seen.
        every: frames of the changes to one frame of the options.
    """
    if not changes:
        return {}
    places = np.array([change.place for change in changes]) / period
    farthest = max(options.meeting, options.reach * np.sqrt(options.most_missed + 1))
    near = KDTree(places).query_pairs(farthest, output_type="ndarray")
    pairs, saved = [], []
    for i, j in sorted((int(i), int(j)) for i, j in near):
        cost = _cost(changes[i], changes[j], float(np.hypot(*(places[i] - places[j]))), options, every)
        if cost is not None and cost < alone[i] + alone[j]:
            pairs.append((i, j))
            saved.append(alone[i] + alone[j] - cost)
    chosen = [pairs[index] for index in _heaviest_matching(pairs, saved, len(changes))]
    return {one: other for pair in chosen for one, other in (pair, pair[::-1])}


def _heaviest_matching(pairs: Sequence[tuple[int, int]], weights: Sequence[float], n: int) -> list[int]:
    """Indices of pairs of 0 … n - 1 of which no two share a member, and whose weights add up to most.

    An integer program, solved exactly by HiGHS; thousands of pairs take seconds.
    """
    if not pairs:
        return []
    members = np.array(pairs).ravel()
    of_pair = np.arange(len(pairs)).repeat(2)
    incidence = csr_array((np.ones(len(members)), (members, of_pair)), shape=(n, len(pairs)))
    found = milp(
        -np.asarray(weights),
        integrality=np.ones(len(pairs)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(incidence, ub=1),
        options={"mip_rel_gap": 0},
    )
    return np.flatnonzero(found.x > 0.5).tolist()


def missed_at_most(options: LinkingOptions, every: int) -> int:
    """Frames in a row in which a track may not be seen, where there are `every` to one of the options."""
    return (options.most_missed + 1) * every - 1


def _cost(one: Change, other: Change, periods: float, options: LinkingOptions, every: int) -> float | None:
    """Of a pair that is so far apart; None where it is none."""
    if one.life is other.life:
        return None
    if meeting_of(one, other) is not None:
        late = abs(one.frame - other.frame) / every
        may_meet = late <= options.together and periods <= options.meeting
        return _ALWAYS + _FARTHEST * periods / options.meeting + _LATE * late if may_meet else None
    end, begin = (other, one) if one.begins else (one, other)
    missed, most = begin.frame - end.frame, missed_at_most(options, every)
    reach = options.reach * np.sqrt(max(1.0, (missed + 1) / every)) if 0 <= missed <= most else 0.0
    return _MISSED * missed / max(1, most) + periods / reach if periods < reach else None
