"""Clicks and boxes answered from a look: every answer is a choice among, or a union of, textures already found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from samiam.compact.looks import Look
from samiam.compact.regions.candidates import Region, Sharing
from samiam.compact.regions.evidence import Granularity
from samiam.generation.prompts import Prompt
from samiam.texture.pose import Pose

_BY_DISTANCE = 0.3
"""Cosine similarity that a click loses over the image's diagonal, where clicks share a texture out.

This and the five below were chosen by hand on procedural scenes.
"""
_SHARED_COSTS, _UNION_COSTS, _UNKNOWN = 1.0, 2.0, -2.0
"""What a texture that clicks share out costs in preference, and each further texture of a union; an unrated one."""
_FIT_OF_BOX = 16.0
"""Weight of the log of how well a mask fits a box."""
_DEPTH_OF_DOUBT = 0.35
"""Share of a region's depth within which a click on the wrong side of its outline says little against it."""


@dataclass(frozen=True, eq=False)
class Answer:
    """A mask for a prompt, on the grid of a look.

    Attributes:
        granularity: what it is.
        drawn: makes `signed`; of hundreds of answers only the best are ever drawn.
        preference: how likely it is what was meant, beside the other answers: log odds but for a constant.
    """

    granularity: Granularity
    drawn: Callable[[], NDArray[np.float32]]
    preference: float

    @cached_property
    def signed(self) -> NDArray[np.float32]:
        """Float32 (h, w), above 0 inside."""
        return self.drawn()


def posed(prompt: Prompt, pose: Pose) -> Prompt:
    """The same prompt on the image in another pose."""
    shape_hw = prompt.shape_hw
    points_xy = np.array([pose.apply_point(xy, shape_hw) for xy in prompt.points_xy.tolist()]).reshape(-1, 2)
    box = None
    if prompt.box is not None:
        corners = [pose.apply_point((x - 0.5, y - 0.5), shape_hw) for x, y in (prompt.box[:2], prompt.box[2:])]
        (x0, x1), (y0, y1) = (sorted(values) for values in zip(*corners, strict=True))
        box = (x0 + 0.5, y0 + 0.5, x1 + 0.5, y1 + 0.5)
    return Prompt(points_xy, prompt.is_inside, box, shape_hw[::-1] if pose.swapped else shape_hw)


def answers(
    look: Look, levels: Sequence[Sharing], regions: Sequence[tuple[Region, float]], prompt: Prompt
) -> list[tuple[Answer, float]]:
    """At most one mask of each granularity, the most likely first, each with the chance that it is meant.

    Args:
        look: at the image.
        levels: the textures that share it out, coarsely and finer.
        regions: its candidate regions and how much each is preferred to others around the same point.
        prompt: what is pointed at.
    """
    clicks, box = _on_grid(look, prompt.points_xy), _box_on_grid(look, prompt.box)
    found = [_answer(region, preference, clicks, prompt.is_inside, box) for region, preference in regions]
    if len(clicks) > 1:
        found += _unions(look, levels, regions, clicks, prompt.is_inside, box)
    found.sort(key=lambda answer: -answer.preference)
    if not found:
        return []
    chances = np.exp([answer.preference - found[0].preference for answer in found])
    chances /= chances.sum()
    best: dict[Granularity, tuple[Answer, float]] = {}
    for answer, chance in zip(found, chances.tolist(), strict=True):
        if answer.granularity not in best and (answer.signed > 0).any():
            best[answer.granularity] = answer, chance
    return list(best.values())


def _answer(
    region: Region,
    preference: float,
    clicks: NDArray[np.intp],
    is_inside: NDArray[np.bool_],
    box: NDArray[np.bool_] | None,
) -> Answer:
    """A region as an answer, the less likely the deeper the clicks that contradict it lie in the wrong."""
    wrong = region.inside[clicks[:, 0], clicks[:, 1]] != is_inside
    for y, x in clicks[wrong]:
        preference -= (float(region.depth[y, x]) / (_DEPTH_OF_DOUBT * region.deepest)) ** 2
    drawn = partial(_corrected, region, clicks[wrong], is_inside[wrong])
    return _within(Answer(region.granularity, drawn, preference), box)


def _corrected(region: Region, clicks: NDArray[np.intp], is_inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """A region as the clicks that contradict it have it: points as near to one as the outline go the way of it."""
    signed = region.signed
    for (y, x), inside in zip(clicks.tolist(), is_inside.tolist(), strict=True):
        signed = _turned(signed, y, x, float(region.depth[y, x]), inside=inside)
    return signed


def _turned(signed: NDArray[np.float32], y: int, x: int, radius: float, *, inside: bool) -> NDArray[np.float32]:
    """The same with all points near a click inside, or outside."""
    reach, corrected = int(radius) + 1, signed.copy()
    top, left = max(y - reach, 0), max(x - reach, 0)
    part = corrected[top : y + reach + 1, left : x + reach + 1]
    rows, columns = np.ogrid[: part.shape[0], : part.shape[1]]
    near = np.hypot(rows + top - y, columns + left - x) <= radius
    part[near] = np.abs(part[near]) if inside else -np.abs(part[near])
    return corrected


def _within(answer: Answer, box: NDArray[np.bool_] | None) -> Answer:
    """The answer cut to a box; the less of it lies in the box, or the less it fills the box, the less likely."""
    if box is None:
        return answer
    inside = answer.signed > 0
    cut = inside & box
    share = int(np.count_nonzero(cut)) / max(int(np.count_nonzero(inside)), 1)
    filled = int(np.count_nonzero(_bounding(cut))) / int(np.count_nonzero(box))
    signed = np.where(box, answer.signed, -np.abs(answer.signed)).astype(np.float32)
    fit = max(share * filled, 1e-9)
    return replace(answer, drawn=lambda: signed, preference=answer.preference + _FIT_OF_BOX * float(np.log(fit)))


def _unions(
    look: Look,
    levels: Sequence[Sharing],
    regions: Sequence[tuple[Region, float]],
    clicks: NDArray[np.intp],
    is_inside: NDArray[np.bool_],
    box: NDArray[np.bool_] | None,
) -> Iterator[Answer]:
    """At each level, the textures that were clicked on, without what was clicked beside the thing."""
    of_texture = {id(r.texture): preference for r, preference in regions if r.granularity == "whole"}
    nearer = _nearness_to_clicks(look, clicks, is_inside)
    for sharing in levels:
        textures, nearness = sharing.textures, sharing.nearness
        nearest = nearness.argmax(axis=0)
        clicked = nearest[clicks[:, 0], clicks[:, 1]]
        wanted, unwanted = set(clicked[is_inside].tolist()), set(clicked[~is_inside].tolist())
        if not wanted:
            continue
        shared = sorted(wanted & unwanted)
        drawn = partial(_shared_out, nearness, wanted, np.isin(nearest, shared), nearer)
        known = [of_texture.get(id(textures[place]), _UNKNOWN) for place in sorted(wanted)]
        preference = float(np.average(known, weights=[textures[place].share for place in sorted(wanted)]))
        preference -= _UNION_COSTS * (len(wanted) - 1) + _SHARED_COSTS * len(shared)
        yield _within(Answer("whole", drawn, preference), box)


def _shared_out(
    nearness: NDArray[np.float32], wanted: set[int], shared: NDArray[np.bool_], nearer: NDArray[np.float32]
) -> NDArray[np.float32]:
    """How much nearer each point is to wanted textures than to others, and to clicks where they share a texture."""
    rest = [place for place in range(len(nearness)) if place not in wanted]
    others = nearness[rest].max(axis=0) if rest else np.full(nearness.shape[1:], -1, np.float32)
    return np.where(shared, nearer, nearness[sorted(wanted)].max(axis=0) - others).astype(np.float32)


def _nearness_to_clicks(look: Look, clicks: NDArray[np.intp], is_inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """By how much each point is nearer, in texture and in place, to a click on the thing than to one beside it."""
    vectors = look.vectors
    rows, columns = np.ogrid[: look.boundaries.shape[0], : look.boundaries.shape[1]]
    diagonal = float(np.hypot(*look.boundaries.shape))

    def nearest(chosen: NDArray[np.intp]) -> NDArray[np.float32]:
        near = np.full(look.boundaries.shape, -2, np.float32)
        for y, x in chosen:
            far = np.hypot(rows - y, columns - x) / diagonal
            near = np.maximum(near, np.einsum("chw,c->hw", vectors, vectors[:, y, x]) - _BY_DISTANCE * far)
        return near.astype(np.float32)

    return nearest(clicks[is_inside]) - nearest(clicks[~is_inside])


def _on_grid(look: Look, points_xy: NDArray[np.float64]) -> NDArray[np.intp]:
    """The points (row, column) of a look that clicked pixels fall on."""
    (height, width), (rows, columns) = look.shape_hw, look.boundaries.shape
    places = (points_xy[:, ::-1] + 0.5) * (rows / height, columns / width)
    return np.asarray(np.minimum(places.astype(np.intp), (rows - 1, columns - 1)), np.intp)


def _box_on_grid(look: Look, box: tuple[float, float, float, float] | None) -> NDArray[np.bool_] | None:
    """The points of a look within a box; at least one."""
    if box is None:
        return None
    (height, width), (rows, columns) = look.shape_hw, look.boundaries.shape
    inside = np.zeros((rows, columns), np.bool_)
    left, right = (round(box[side] * columns / width) for side in (0, 2))
    top, bottom = (round(box[side] * rows / height) for side in (1, 3))
    top, left = min(top, rows - 1), min(left, columns - 1)
    inside[top : max(bottom, top + 1), left : max(right, left + 1)] = True
    return inside


def _bounding(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The smallest box around points."""
    return np.logical_and.outer(inside.any(axis=1), inside.any(axis=0))
