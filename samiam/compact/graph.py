"""The network of the compact generator as an ONNX graph; `FieldNetwork` says what each part is for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.compact.prepared import N_WAVES, Floats, Prepared
from samiam.compact.settings import LENGTH, POOLED_SIDE, FieldSize
from samiam.networks.graph import Graph
from samiam.networks.runtime import Runner

_INPUTS = {"image": 4, "whole": 4, "half": 4, "pool_rows": 2, "pool_columns": 2}
_OUTPUTS = ("vectors", "grain_vectors", "boundaries")
_ONLY_LEARNT_WITH = ("sameness", "num_batches_tracked")  # the last part of the names of tensors that nothing uses


class FieldRunner:
    """A network of the compact generator on ONNX Runtime.

    Args:
        state: its tensors, float32, by the names that `FieldNetwork` gives them.
        size: how large it is.

    Raises:
        ValueError: if tensors are missing, unknown or of another shape.
    """

    def __init__(self, state: Mapping[str, NDArray[Any]], size: FieldSize) -> None:
        self._run = Runner(_model(state, size))

    def __call__(self, image: Prepared) -> tuple[Floats, Floats, Floats]:
        """What it makes of an image: vectors, vectors of grains, and how sure boundaries are, each (C, h, w)."""
        whole, half = image.spectra
        rows, columns = (_pooling(points) for points in whole.shape[1:])
        inputs = {
            "image": np.stack([image.standardised, image.evened])[None],
            "whole": whole[None],
            "half": half[None],
            "pool_rows": rows,
            "pool_columns": columns.T,
        }
        found = self._run(inputs)
        vectors, grain_vectors, boundaries = (found[name][0] for name in _OUTPUTS)
        return vectors, grain_vectors, boundaries


def _pooling(points: int) -> Floats:
    """What pools along one side, (12 at most, points): means over parts of the side, as torch cuts them."""
    n = min(POOLED_SIDE, points)
    parts = np.arange(n)[:, None]
    first, last = parts * points // n, -(-(parts + 1) * points // n)
    place = np.arange(points)
    return (((first <= place) & (place < last)) / (last - first)).astype(np.float32)


def _model(state: Mapping[str, NDArray[Any]], size: FieldSize) -> bytes:
    """The whole graph."""
    graph = Graph(state, _INPUTS)
    fine_width, middle_width, coarse_width = size.widths
    halves = [_spectra(graph, name, coarse_width // 2) for name in ("whole", "half")]
    spectra = graph.node("Concat", *halves, axis=1)
    fine = _blocks(graph, _stem(graph, fine_width), "fine", fine_width, size.depths[0])
    middle = _blocks(graph, _halved(graph, fine, "to_middle", *size.widths[:2]), "middle", middle_width, size.depths[1])
    from_spectra = graph.conv(spectra, "from_spectra", (coarse_width, coarse_width, 1, 1))
    coarse = graph.node("Add", _halved(graph, middle, "to_coarse", *size.widths[1:]), from_spectra)
    coarse = _coarse(graph, coarse, size)
    middle = _joined(graph, middle, coarse, "from_coarse", middle_width, coarse_width)
    middle = _block(graph, middle, "joined_middle", middle_width)
    fine = _joined(graph, fine, middle, "from_middle", fine_width, middle_width)
    fine = graph.norm(_block(graph, fine, "joined_fine.0", fine_width), "joined_fine.1", fine_width)
    model = graph.model(dict(zip(_OUTPUTS, _heads(graph, fine, spectra, size), strict=True)))
    if unknown := [name for name in graph.not_taken() if name.rpartition(".")[2] not in _ONLY_LEARNT_WITH]:
        raise ValueError(f"{min(unknown)} is unknown")
    return model


def _stem(graph: Graph, width: int) -> str:
    maps = graph.conv("image", "stem.0", (width // 2, 2, 5, 5), stride=2, padding=2, has_bias=False)
    maps = graph.gelu(graph.norm(maps, "stem.1", width // 2))
    return graph.conv(maps, "stem.3", (width, width // 2, 4, 4), stride=2, padding=1)


def _spectra(graph: Graph, name: str, width: int) -> str:
    layers = f"spectra.of_{name}"
    return graph.gelu(graph.conv(name, f"{layers}.1", (width, N_WAVES, 1, 1), norm=f"{layers}.0"))


def _blocks(graph: Graph, maps: str, name: str, width: int, depth: int) -> str:
    for place in range(depth):
        maps = _block(graph, maps, f"{name}.{place}", width)
    return maps


def _block(graph: Graph, maps: str, name: str, width: int) -> str:
    looked = graph.conv(maps, f"{name}.look.0", (width, 1, 7, 7), padding=3, groups=width, has_bias=False)
    looked = graph.norm(looked, f"{name}.look.1", width)
    mixed = graph.gelu(graph.conv(looked, f"{name}.mix.0", (3 * width, width, 1, 1)))
    gain = graph.tensor(f"{name}.scale", width, 1, 1)
    return graph.node("Add", maps, graph.conv(mixed, f"{name}.mix.2", (width, 3 * width, 1, 1), gain=gain))


def _halved(graph: Graph, maps: str, name: str, fewer: int, more: int) -> str:
    return graph.conv(maps, f"{name}.1", (more, fewer, 2, 2), stride=2, norm=f"{name}.0")


def _coarse(graph: Graph, maps: str, size: FieldSize) -> str:
    """The blocks of the coarsest maps; attention stands halfway and at the end."""
    width, depth = size.widths[2], size.depths[2]
    for place in range(depth + 2):
        name = f"coarse.{place}"
        if place in (depth // 2, depth + 1):
            maps = _attention(graph, maps, name, width, size.n_heads)
        else:
            maps = _block(graph, maps, name, width)
    return maps


def _attention(graph: Graph, maps: str, name: str, width: int, n_heads: int) -> str:
    length = width // n_heads
    normal = graph.norm(maps, f"{name}.norm", width)
    pooled = graph.node("MatMul", graph.node("MatMul", "pool_rows", normal), "pool_columns")
    query = graph.conv(normal, f"{name}.query", (width, width, 1, 1))
    query = graph.node("Reshape", query, graph.constant([1, n_heads, length, -1]))  # (1, heads, C, points)
    key_value = graph.conv(pooled, f"{name}.key_value", (2 * width, width, 1, 1))
    key_value = graph.node("Reshape", key_value, graph.constant([1, n_heads, 2 * length, -1]))
    key, value = graph.split("Split", key_value, n_outputs=2, axis=2, num_outputs=2)
    scaled = graph.node("Mul", key, graph.constant(np.array(length**-0.5, np.float32)))
    likeness = graph.node("MatMul", graph.node("Transpose", query, perm=(0, 1, 3, 2)), scaled)
    weights = graph.node("Softmax", likeness, axis=-1)  # (1, heads, points, pooled points)
    found = graph.node("MatMul", value, graph.node("Transpose", weights, perm=(0, 1, 3, 2)))
    seen = graph.node("Reshape", found, graph.node("Shape", normal))
    gain = graph.tensor(f"{name}.scale", width, 1, 1)
    return graph.node("Add", maps, graph.conv(seen, f"{name}.out", (width, width, 1, 1), gain=gain))


def _joined(graph: Graph, maps: str, coarser: str, name: str, width: int, coarser_width: int) -> str:
    """Maps with what coarser ones say."""
    return graph.node("Add", maps, graph.doubled(graph.conv(coarser, name, (width, coarser_width, 1, 1))))


def _heads(graph: Graph, fine: str, spectra: str, size: FieldSize) -> tuple[str, str, str]:
    """Vectors of materials and of grains, and how sure boundaries are."""
    fine_width, middle_width, coarse_width = size.widths
    out = graph.conv(fine, "head", (LENGTH + 2, fine_width, 1, 1))
    lengths = graph.constant([LENGTH, 2])
    vectors, logits = graph.split("Split", out, lengths, n_outputs=2, axis=1)
    short_way = graph.conv(spectra, "spectra_to_grains.0", (middle_width, coarse_width, 3, 3), padding=1)
    short_way = graph.conv(graph.gelu(short_way), "spectra_to_grains.2", (LENGTH, middle_width, 1, 1))
    of_grains = graph.conv(fine, "grain_head", (LENGTH, fine_width, 1, 1))
    of_grains = graph.node("Add", of_grains, graph.doubled(graph.doubled(short_way)))
    return graph.normalised(vectors), graph.normalised(of_grains), graph.node("Sigmoid", logits)
