"""Where stripes end and where their arms meet, by their skeleton: what a truth and the classical finder share."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from skimage.morphology import skeletonize

from samiam.records.polar_scene import Points

_SHORTEST = 0.5  # of a period: a shorter arm is a bump of a stripe's edge, a shorter stripe a dot, a shorter link none
_BORDER = 1.0  # period: nearer to the border nobody can tell whether a stripe ends


@dataclass(frozen=True, eq=False)
class Skeleton:
    """The graph of stripes: arms between their ends and junctions.

    Pruning and merging keep the law of Euler: (ends − Σ(arms − 2)) / 2 + dots = components − holes of the stripes,
    where components touch at corners too and holes do not (the outside of the image is no hole).

    Attributes:
        ends_px: float64 (n, 2), row and column.
        junctions_px: float64 (m, 2).
        arms: int64 (m,), how many meet at each junction, 3 or more; a ring counts twice where it is tied.
        dots_px: float64 (k, 2), stripes shorter than half a period, which have neither end nor junction.
        shape_hw: of the image.
    """

    ends_px: NDArray[np.float64]
    junctions_px: NDArray[np.float64]
    arms: NDArray[np.int64]
    dots_px: NDArray[np.float64]
    shape_hw: tuple[int, int]

    @property
    def euler_number(self) -> int:
        """Components less holes."""
        return (len(self.ends_px) - int((self.arms - 2).sum())) // 2 + len(self.dots_px)

    def points(self, border_px: float) -> Points:
        """Its ends and junctions, without those nearer to the border."""
        positions = np.concatenate([self.ends_px, self.junctions_px])
        is_junction = np.arange(len(positions)) >= len(self.ends_px)
        inside = ((positions >= border_px) & (positions <= np.array(self.shape_hw) - 1 - border_px)).all(axis=1)
        return Points(positions[inside], is_junction[inside])


def skeleton_points(stripes: NDArray[np.bool_], period_px: float) -> Points:
    """Ends and junctions of stripes, but for those within a period of the border.

    Args:
        stripes: bool (H, W).
        period_px: from one stripe to the next.

    Example:
        >>> stripes = np.zeros((60, 60), bool)
        >>> stripes[28:33, 30:] = True
        >>> skeleton_points(stripes, 10.0)
        Points(1 end, 0 junctions)
    """
    return skeleton_of(stripes, period_px).points(_BORDER * period_px)


def skeleton_of(stripes: NDArray[np.bool_], period_px: float) -> Skeleton:
    """The skeleton of stripes, without what is an accident of their edges.

    The skeleton is that of Zhang and Suen (1984, doi:10.1145/357994.358023). Then

    1. an arm that ends before half a period is pruned, the shortest first; a junction of two arms is none;
    2. junctions linked by less than half a period are one, in their middle, of as many arms as leave it;
    3. a stripe shorter than half a period is a dot.

    Args:
        stripes: bool (H, W).
        period_px: from one stripe to the next.
    """
    places, edges = _graph_of(skeletonize(stripes))  # type: ignore[no-untyped-call]
    graph = _Graph(len(places), edges)
    graph.prune(_SHORTEST * period_px)
    groups, arms = graph.junctions(_SHORTEST * period_px)
    dots, ends = graph.dots_and_ends(_SHORTEST * period_px)
    return Skeleton(
        places[ends].reshape(-1, 2),
        np.array([places[group].mean(axis=0) for group in groups]).reshape(-1, 2),
        np.array(arms, np.int64),
        np.array([places[dot].mean(axis=0) for dot in dots]).reshape(-1, 2),
        (stripes.shape[0], stripes.shape[1]),
    )


Edge = tuple[int, int, float]


def _graph_of(skeleton: NDArray[np.bool_]) -> tuple[NDArray[np.float64], list[Edge]]:
    """Places of its nodes (n, 2): ends, junctions and lone pixels; and its edges, each with the length along it.

    A ring without a junction has no node.
    """
    places = np.argwhere(skeleton).astype(np.float64)
    first, second = _neighbours(skeleton).T
    lengths = np.hypot(*(places[first] - places[second]).T)
    is_node = np.bincount(np.concatenate([first, second]), minlength=len(places)) != 2
    number = np.cumsum(is_node) - 1
    return places[is_node], list(_edges(first, second, lengths, is_node, number))


def _edges(
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    lengths: NDArray[np.float64],
    is_node: NDArray[np.bool_],
    number: NDArray[np.int64],
) -> Iterable[Edge]:
    """Links between pixels joined through those that are no nodes."""
    direct = is_node[first] & is_node[second]
    for a, b, length in zip(number[first[direct]], number[second[direct]], lengths[direct], strict=True):
        yield int(a), int(b), float(length)
    within = ~is_node[first] & ~is_node[second]
    chain_of = _merge(len(is_node), np.stack([first[within], second[within]], axis=1))
    chain = np.where(is_node[first], chain_of[second], chain_of[first])[~direct]
    length_of = np.bincount(chain, lengths[~direct], minlength=len(is_node))
    node = np.where(is_node[first], number[first], np.where(is_node[second], number[second], -1))[~direct]
    ends: defaultdict[int, list[int]] = defaultdict(list)
    for a, own in zip(node[node >= 0].tolist(), chain[node >= 0].tolist(), strict=True):
        ends[own].append(a)
    for own, (a, b) in ends.items():
        yield a, b, float(length_of[own])


def _neighbours(skeleton: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Pairs (n, 2) of neighbouring pixels, numbered in the order of rows.

    Pixels are neighbours at a corner only where no third one joins them, and those of a square of four on three of its
    sides only: every cycle is one around a hole.
    """
    numbers = np.full(skeleton.shape, -1)
    numbers[skeleton] = np.arange(np.count_nonzero(skeleton))
    numbers = np.pad(numbers, 1, constant_values=-1)
    rows, columns = skeleton.shape

    def at(down: int, right: int) -> NDArray[np.int64]:
        return numbers[1 + down : 1 + down + rows, 1 + right : 1 + right + columns]

    own, right, below, left_below, right_below = (at(*step) for step in ((0, 0), (0, 1), (1, 0), (1, -1), (1, 1)))
    is_square = (below >= 0) & (right_below >= 0)
    pairs = (
        (right, (right >= 0) & ~is_square),
        (below, below >= 0),
        (right_below, (right_below >= 0) & (right < 0) & (below < 0)),
        (left_below, (left_below >= 0) & (at(0, -1) < 0) & (below < 0)),
    )
    chosen = [(own[is_pair], other[is_pair]) for other, both in pairs for is_pair in [both & (own >= 0)]]
    return np.concatenate([np.stack(pair, axis=1) for pair in chosen])


def _merge(n: int, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number for each of n things, the same for those that pairs (m, 2) join."""
    joined = coo_array((np.ones(len(pairs), np.bool_), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    return np.asarray(connected_components(joined, directed=False)[1], np.int64) if n else np.empty(0, np.int64)


class _Graph:
    """Nodes 0 … n - 1 and edges between them; two nodes may have several, and a node one to itself."""

    def __init__(self, n_nodes: int, edges: Iterable[Edge]) -> None:
        self._ids = count()
        self._edges: dict[int, Edge] = {}
        self._at: dict[int, list[int]] = {node: [] for node in range(n_nodes)}  # both ends of each edge
        for edge in edges:
            self._add(edge)

    def _add(self, edge: Edge) -> int:
        own = next(self._ids)
        self._edges[own] = edge
        for node in edge[:2]:
            self._at[node].append(own)
        return own

    def _remove(self, own: int) -> Edge:
        edge = self._edges.pop(own)
        for node in edge[:2]:
            self._at[node].remove(own)
        return edge

    def _is_spur(self, own: int) -> bool:
        degrees = sorted(len(self._at[node]) for node in self._edges[own][:2])
        return degrees[0] == 1 and degrees[1] > 2

    def prune(self, shortest: float) -> None:
        """Take arms shorter than this away that end, the shortest first."""
        waiting = [(edge[2], own) for own, edge in self._edges.items() if edge[2] < shortest]
        heapq.heapify(waiting)
        while waiting:
            _, own = heapq.heappop(waiting)
            if own not in self._edges or not self._is_spur(own):
                continue
            first, second, _ = self._remove(own)
            end, junction = (first, second) if not self._at[first] else (second, first)
            del self._at[end]
            joined = self._joined_at(junction) if len(self._at[junction]) == 2 else None
            if joined is not None and self._edges[joined][2] < shortest:
                heapq.heappush(waiting, (self._edges[joined][2], joined))

    def _joined_at(self, node: int) -> int | None:
        """Make one edge of the two at a node, which is none then; of a ring, no edge."""
        edges = [self._remove(own) for own in list(dict.fromkeys(self._at[node]))]
        del self._at[node]
        if len(edges) == 1:
            return None
        (a, b, first), (c, d, second) = edges
        return self._add((b if a == node else a, d if c == node else c, first + second))

    def dots_and_ends(self, shortest: float) -> tuple[list[list[int]], list[int]]:
        """Nodes of each piece that is shorter than this, and all other nodes of one edge."""
        dots = [[node] for node, edges in self._at.items() if not edges]
        short = [edge for edge in self._edges.values() if edge[2] < shortest]
        dots += [[a, b] for a, b, _ in short if len(self._at[a]) == len(self._at[b]) == 1]
        of_dots = {node for dot in dots for node in dot}
        return dots, [node for node, edges in self._at.items() if len(edges) == 1 and node not in of_dots]

    def junctions(self, shortest: float) -> tuple[list[list[int]], list[int]]:
        """Nodes of three edges or more, those together that shorter edges link; and how many arms leave each group."""
        nodes = [node for node, edges in self._at.items() if len(edges) > 2]
        index = {node: number for number, node in enumerate(nodes)}
        links = [
            (index[a], index[b])
            for a, b, length in self._edges.values()
            if length < shortest and a in index and b in index
        ]
        group_of = _merge(len(nodes), np.array(links, np.int64).reshape(-1, 2))
        groups: defaultdict[int, list[int]] = defaultdict(list)
        for node, group in zip(nodes, group_of.tolist(), strict=True):
            groups[group].append(node)
        arms = [sum(len(self._at[node]) - 2 for node in group) + 2 for group in groups.values()]
        return list(groups.values()), arms
