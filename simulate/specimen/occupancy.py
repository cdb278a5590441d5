"""Which atoms are on the sites of a column: the host's, dopants, those mixed across an interface."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from simulate.library.crystals import sites_in
from simulate.library.entries import entry_name
from simulate.library.materials import Dopant, Material, View
from simulate.specimen.stack import PlaneCell, Stack

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def entries_of(stack: Stack) -> tuple[str, ...]:
    """All library entries that the specimen's crystals and dopants need."""
    names: dict[str, None] = {}
    for layer, cell in zip(stack.specimen.layers, stack.cells, strict=True):
        if cell is not None:
            material = layer.made_of
            names[cell.entry] = None
            names |= dict.fromkeys(_donor_entry(material, one.donor, stack.specimen.view) for one in material.dopants)
    return tuple(names)


def draw_shares(
    rng: np.random.Generator,
    stack: Stack,
    layer: int,
    xh_A: tuple[Floats, Floats],
    kind: Integers,
    thickness_A: Floats,
) -> Floats:
    """The share of each column's response that is taken from each entry of `entries_of`, float64 (N, M).

    Args:
        rng: source of the substitutions: every atom is drawn independently.
        stack: the specimen.
        layer: index of the columns' layer.
        xh_A: their positions (x, h), each (N,).
        kind: their index in the layer's cell.
        thickness_A: of the specimen there.
    """
    cell = _crystalline(stack, layer)
    site = np.array(cell.sites)[kind]
    atoms = np.maximum(1, np.rint(thickness_A / cell.beam_A * np.array(cell.repeats)[kind])).astype(np.int64)
    shares = _of_layer(rng, stack, layer, site, atoms)
    for other, interface in ((layer + 1, layer), (layer - 1, layer - 1)):
        mixing_A = stack.specimen.layers[interface].top.mixing_A if 0 <= interface < len(stack.tops) else 0.0
        if mixing_A > 0:
            depth_A = np.abs(xh_A[1] - stack.surface_at(interface, xh_A[0]))
            is_common = np.isin(site, _crystalline(stack, other).sites)
            drawn = (rng.binomial(atoms, np.where(is_common, ndtr(-depth_A / mixing_A), 0)) / atoms)[:, None]
            shares = (1 - drawn) * shares + drawn * _of_layer(rng, stack, other, site, atoms)
    return shares


def _crystalline(stack: Stack, layer: int) -> PlaneCell:
    cell = stack.cells[layer]
    assert cell is not None
    return cell


def _donor_entry(material: Material, donor: str, view: View) -> str:
    return entry_name(donor, *material.views[view])


def _of_layer(rng: np.random.Generator, stack: Stack, layer: int, site: NDArray[np.str_], atoms: Integers) -> Floats:
    """Host and dopants of a layer's material, without what its neighbours add."""
    material, entries = stack.specimen.layers[layer].made_of, entries_of(stack)
    host = entries.index(_crystalline(stack, layer).entry)
    shares = np.zeros((len(site), len(entries)))
    shares[:, host] = 1
    for letter, dopants in _by_site(material.dopants).items():
        chosen = np.isin(site, [name for name in np.unique(site) if letter in sites_in(name)])
        fractions = [one.fraction for one in dopants]
        left = max(0.0, 1 - sum(fractions))
        drawn = rng.multinomial(atoms[chosen], [*fractions, left])[:, :-1] / atoms[chosen, None]
        for one, share in zip(dopants, drawn.T, strict=True):
            shares[chosen, host] -= share
            shares[chosen, entries.index(_donor_entry(material, one.donor, stack.specimen.view))] += share
    return shares


def _by_site(dopants: tuple[Dopant, ...]) -> dict[str, list[Dopant]]:
    found: dict[str, list[Dopant]] = defaultdict(list)
    for one in dopants:
        found[one.site].append(one)
    return found
