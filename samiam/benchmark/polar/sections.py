"""The tables of a run on polar textures, from its rows."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from samiam.benchmark.polar.study import VideoOutcome
from samiam.benchmark.polar.tables import (
    beside_the_paper,
    by_noise,
    by_radius,
    linked,
    point_frame,
    published,
    track_frame,
)
from samiam.benchmark.report.sectioned import Section

ABOUT = """\
In brackets 95 % intervals of a bootstrap over videos; fewer than five videos have none. An empty cell: not defined. A
point is found where one of its kind is said to be within the radius that stands in the name of the score, one for
one; points nearer than a period to the border count on neither side. Noise is of a pixel, in σ of the stripes, where a
period has 27 px."""
_RATES = """\
*missed of true*: missed points over true ones, 1 − recall. *false of found*: false points over all that are found, 1 −
precision. *false of empty places*: false points over the squares of one period a side that hold none. Lin et al. do
not say what their FPR and FNR are shares of, nor up to which distance a point counts as found. A recall of about 0.7
leaves 30 % of the true merons missed, so their FNR of 3.3 % has another denominator, or another radius; likewise an FPR
of 2.9 % is not 1 − precision. No number of theirs can therefore be compared with one of these columns alone."""
_PUBLISHED = "Lin et al., over their whole video of 81 frames; for antimerons they name FPR and FNR alone."
_LINKED = """\
*IDF1* (Ristani et al. 2016): F of points on the track that is theirs, within half a period. True tracks are linked in
steps so small that hardly a link is in doubt (`benchmark.between`), with the true drift, and told of the frames that
methods see. A change counts where it lasts, by one rule for true points and for those found: a point that is away for
two frames or fewer has not gone, and a track that is seen in fewer than two frames, or is never sure, is flicker and is
left out (`benchmark.linking`). *true points* are those that methods ought to find, linked by the same linker: what only
linking costs. Of *annihilations* (an end and a junction vanish together) and of all *events* of two points: how many
there are, and the shares that are found and that are true, of the same name within a period and two frames."""
_STRICT = """\
The same methods against a truth in which a point that is away in one frame has gone, flicker counts as points, and what
it meets counts too. At a neck that is hardly closed or hardly open, such changes come and go with every frame."""
_SPEED = """\
Of one frame of 1995 × 1995 px (unless `time_px` says otherwise), in one run, its period measured as well; *cpu seconds*
are of the processors, and the ratio is of those, as others on the machine do not count in them. Lin et al.: 0.027 s, on
a machine that they do not name."""


def sections_of(outcomes: Sequence[VideoOutcome], radii: Sequence[float], speeds: pd.DataFrame) -> list[Section]:
    """The tables of a run.

    Args:
        outcomes: of all videos.
        radii: up to which points are the same, in periods.
        speeds: as `time_each` makes it.
    """
    points = point_frame([row for outcome in outcomes for row in outcome.point_rows])
    tracks = track_frame([row for outcome in outcomes for row in outcome.track_rows])
    return [
        Section("finding", "Ends and junctions by noise", by_noise(points, radii[0])),
        Section("by_radius", "F by matching radius", by_radius(points, radii)),
        Section("rates", "What FPR and FNR may mean", beside_the_paper(points, radii[0]), _RATES),
        Section("published", "What the paper says", published(), _PUBLISHED),
        Section("linking", "Tracks and events that last", linked(tracks, "lasting"), _LINKED),
        Section("linking_strict", "Tracks and events, flicker as well", linked(tracks, "strict"), _STRICT),
        Section("speed", "Time", speeds, _SPEED),
    ]
