"""Tables of particles, and of what became of each candidate."""

from __future__ import annotations

import pandas as pd

from samiam.particles.result import Particles

_COLUMNS = ("particle", "action", "rule", "value", "threshold", "left_px", "top_px", "width_px", "height_px")


def decisions(particles: Particles) -> pd.DataFrame:
    """What became of each candidate.

    Returns:
        A row for each: first the particles, `action` "kept", with their number and how sure the finder is of them
        (`value`); then the others, "dropped", with the rule that decided it, what it looked at and the threshold. The
        box is in pixels of the image.
    """
    each = zip(particles.masks.predicted_iou.tolist(), particles.masks.boxes_xywh.tolist(), strict=True)
    kept = [(number, "kept", "score", score, None, *box) for number, (score, box) in enumerate(each, start=1)]
    dropped = [(None, "dropped", one.rule, one.value, one.threshold, *one.box_xywh) for one in particles.dropped]
    return pd.DataFrame([*kept, *dropped], columns=list(_COLUMNS)).astype({"particle": "Int64"})
