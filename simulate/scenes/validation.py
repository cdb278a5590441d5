"""Composition against full physics: one SrTiO3/Ge interface, scanned by abTEM and composed from the library.

Both images are of the same atoms, under the same probe, without source size or noise. `scripts/full_physics.py` runs
the scan and draws the comparison.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase import Atoms
from numpy.typing import NDArray
from scipy.spatial import KDTree

from samiam.storage.files import replacing
from simulate.imaging.stem import sample
from simulate.library.crystals import columns, crystal, orient
from simulate.scenes.raster import Raster, deposit_columns
from simulate.specimen.columns import place_columns
from simulate.specimen.layers import Layer, Specimen
from simulate.specimen.stack import Stack, build_stack

ENERGY_KV = 200.0  # the lower of the library's voltages
CELLS_ACROSS, GE_CELLS, STO_CELLS, REPEATS = 8, 6, 8, 20  # 3.2 nm wide, 8 nm thick: a scan of 25 minutes on two cores
SCANNED_A = (32.0, 60.5)  # width and height of the scanned field
DETECTORS = ("ADF", "HAADF")

_FROM_INTERFACE_A = 8.0  # two cells of a perovskite
_FROM_EDGE_A = 4.0  # the supercell repeats: above and below the field there is another interface
_MARGIN_A = 8.0  # four σ of the widest Gaussian
_Z_EXPONENT = 1.7  # of HAADF: Hartel, Rose & Dinges, Ultramicroscopy 63, 93 (1996)
_WIDTHS_A = np.linspace(0.3, 1.5, 25)
_RASTER_A = 0.12  # finer than any scene's, so that the raster is no part of the difference

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class InterfaceScan:
    """A complete scan of the interface.

    Attributes:
        images: float32 (detectors, H, W), share of the beam.
        x_A: positions of the columns of pixels in the specimen.
        y_A: positions of the rows.
    """

    images: NDArray[np.float32]
    x_A: Floats
    y_A: Floats

    def save(self, path: Path) -> None:
        """Write to .npz."""
        with replacing(path) as partial:
            np.savez_compressed(partial, images=self.images, x_A=self.x_A, y_A=self.y_A)

    @classmethod
    def load(cls, path: Path) -> InterfaceScan:
        """Read what `save` wrote."""
        with np.load(path) as file:
            return cls(file["images"], file["x_A"], file["y_A"])


def interface() -> Stack:
    """SrTiO3 strained to Ge, along [100] and [110], with a flat and abrupt interface at height 0; 8 nm thick."""
    cell_A = orient(crystal("Ge"), (1, 1, 0), (0, 0, 1)).cell.lengths()
    specimen = Specimen((Layer("Ge"), Layer("SrTiO3")), thickness_A=REPEATS * float(cell_A[2]))
    return build_stack(np.random.default_rng(0), specimen, reach_A=100.0)


def supercell_A(stack: Stack) -> tuple[float, float, float, float]:
    """Width of the supercell, its lower and upper height, its thickness."""
    ge, sto = stack.cells
    assert ge is not None
    assert sto is not None
    return CELLS_ACROSS * ge.a_A, -GE_CELLS * ge.c_A, STO_CELLS * sto.c_A, REPEATS * ge.beam_A


def atoms_of(stack: Stack) -> Atoms:
    """Every atom of the supercell: x from its left edge, y from its top downwards, z along the beam."""
    width_A, low_A, high_A, thickness_A = supercell_A(stack)
    atoms = Atoms()
    for index in range(len(stack.cells)):
        numbers, x_A, h_A, z_A = _crystal_atoms(stack, index)
        inside = (stack.layer_at(x_A, h_A) == index) & (np.abs(x_A) < width_A / 2) & (low_A < h_A) & (h_A < high_A)
        xyz = np.stack([x_A + width_A / 2, high_A - h_A, z_A], axis=1)
        atoms += Atoms(numbers[inside], positions=xyz[inside])
    atoms.set_cell([width_A, high_A - low_A, thickness_A])
    atoms.set_pbc(True)
    return atoms


def _crystal_atoms(stack: Stack, index: int) -> tuple[NDArray[np.int64], Floats, Floats, Floats]:
    """Atomic numbers, x, h and z of one layer's crystal, as if it filled the supercell."""
    layer, cell = stack.specimen.layers[index], stack.cells[index]
    assert cell is not None
    assert layer.made_of.host is not None
    host = crystal(layer.made_of.host)
    oriented = orient(host, *layer.made_of.views[stack.specimen.view])
    a_A, c_A, _ = oriented.cell.lengths()
    first = columns(host, oriented)[0]
    mid_plane = (first.x_A / a_A - cell.u[0], first.y_A / c_A - cell.v[0], 0.0)  # where the stack's cell begins
    places = (oriented.get_scaled_positions() - mid_plane) % 1
    grid = (range(-CELLS_ACROSS, CELLS_ACROSS), range(-GE_CELLS, STO_CELLS), range(REPEATS), range(len(oriented)))
    i, j, k, atom = (n.ravel() for n in np.meshgrid(*grid, indexing="ij"))
    x_A = stack.x_origin_A[index] + (i + places[atom, 0]) * cell.a_A
    h_A = stack.bases_A[index] + (j + places[atom, 1]) * cell.c_A
    z_A = (k + places[atom, 2]) * supercell_A(stack)[3] / REPEATS
    return oriented.numbers[atom], x_A, h_A, z_A


def composed(stack: Stack, scan: InterfaceScan) -> InterfaceScan:
    """The same image from the library."""
    half_A = (SCANNED_A[0] / 2 + _MARGIN_A, SCANNED_A[1] / 2 + _MARGIN_A)
    standing = place_columns(np.random.default_rng(0), stack, half_A)
    positions = np.stack(np.meshgrid(scan.x_A, scan.y_A), axis=-1)
    images = []
    for detector in DETECTORS:
        raster = Raster.covering(half_A, _RASTER_A)
        deposit_columns(raster, standing, ENERGY_KV, detector)
        images.append(sample(raster.image(), raster.pixel_A, raster.origin_xy_A, positions))
    return InterfaceScan(np.array(images, np.float32), scan.x_A, scan.y_A)


def gaussians(stack: Stack, scan: InterfaceScan) -> InterfaceScan:
    """The image that knows no physics but Z-contrast: every atom a Gaussian of weight Z^1.7, all of the width that
    fits a detector best, and as bright in the mean.

    What an agreement with full physics is worth is how far it lies above this one's.
    """
    atoms = atoms_of(stack)
    width_A, _, high_A, _ = supercell_A(stack)
    xy_A = atoms.positions[:, :2] - (width_A / 2, high_A)
    places, of_atom = np.unique(np.round(xy_A, 2), axis=0, return_inverse=True)
    weights = np.bincount(of_atom.ravel(), atoms.numbers**_Z_EXPONENT)
    apart_x2, apart_y2 = (
        (at[None, :] - place[:, None]) ** 2 for at, place in zip((scan.x_A, scan.y_A), places.T, strict=True)
    )
    images = []
    for full in scan.images:
        tried = (
            np.einsum("n,nh,nw->hw", weights, *(np.exp(-apart / (2 * sigma_A**2)) for apart in (apart_y2, apart_x2)))
            for sigma_A in _WIDTHS_A
        )
        best = max(tried, key=lambda image: _pearson_r(image, full))
        images.append(best * full.mean() / best.mean())
    return InterfaceScan(np.array(images, np.float32), scan.x_A, scan.y_A)


@dataclass(frozen=True)
class Agreement:
    """How well two images of the interface agree, for one detector.

    Attributes:
        pearson_r: over all pixels.
        interface_r: over the pixels next to the interface.
        column_errors: relative difference of the mean intensity around each kind of column away from the
            interface, by layer and site: "SrTiO3 A": −0.01 where the composed one is 1 % darker.
        interface_errors: the same next to the interface.
    """

    pearson_r: float
    interface_r: float
    column_errors: dict[str, float]
    interface_errors: dict[str, float]


def compare(stack: Stack, full: InterfaceScan, ours: InterfaceScan) -> dict[str, Agreement]:
    """Agreement by detector. A column's intensity is the mean over the pixels nearer to it than to any other cation."""
    standing = place_columns(np.random.default_rng(0), stack, (SCANNED_A[0] / 2 + 4, SCANNED_A[1] / 2 + 4))
    standing = standing.where(standing.site != "O")
    positions = np.stack(np.meshgrid(full.x_A, full.y_A), axis=-1)
    nearest = KDTree(standing.xy_A).query(positions)[1]
    is_near = np.broadcast_to(np.abs(full.y_A)[:, None] < _FROM_INTERFACE_A, nearest.shape)
    is_inner = np.broadcast_to(
        (full.y_A > full.y_A[0] + _FROM_EDGE_A)[:, None] & (full.y_A < full.y_A[-1] - _FROM_EDGE_A)[:, None],
        nearest.shape,
    )
    names = np.array([layer.made_of.name for layer in stack.specimen.layers])
    kinds = np.char.add(np.char.add(names[standing.layer], " "), standing.site)
    kind_at = kinds[nearest]
    return {
        detector: Agreement(
            _pearson_r(a[is_inner], b[is_inner]),
            _pearson_r(a[is_near], b[is_near]),
            _errors(a, b, kind_at, is_inner & ~is_near),
            _errors(a, b, kind_at, is_near),
        )
        for detector, a, b in zip(DETECTORS, full.images, ours.images, strict=True)
    }


def _pearson_r(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def _errors(
    full: NDArray[np.float32], ours: NDArray[np.float32], kind_at: NDArray[np.str_], where: NDArray[np.bool_]
) -> dict[str, float]:
    return {
        str(kind): float(ours[where & (kind_at == kind)].mean() / full[where & (kind_at == kind)].mean() - 1)
        for kind in np.unique(kind_at[where])
    }
