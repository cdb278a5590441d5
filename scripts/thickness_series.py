"""How bright columns are composed beside direct multislice, over the thickness: crystals of their own, no interface.

    python scripts/thickness_series.py [--phonons 4] [--step 40] [--thickness 480]

The library holds thicknesses 5 nm apart, of four frozen-phonon configurations; here are others, by displacements of
their own. A table for each crystal: the relative difference of a column's mean intensity, composed against simulated,
with the standard error over the configurations. A column's pixels are those nearer to it than to any other cation.
Ten minutes of one core.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree
from tqdm import tqdm

from simulate.imaging.stem import sample
from simulate.library.entries import entry_name
from simulate.library.multislice import simulate
from simulate.library.responses import responses
from simulate.library.scans import CrystalScan
from simulate.library.settings import MultisliceSettings
from simulate.library.tasks import LibraryEntry, tasks_of
from simulate.scenes.raster import Raster

ENTRIES: tuple[LibraryEntry, ...] = (("Ge", (1, 1, 0), (0, 0, 1)), ("SrTiO3", (1, 0, 0), (0, 0, 1)))
ENERGY_KV = 200.0
SEED = 1  # the library's is 0
_MARGIN_A = 10.0  # five σ of the widest Gaussian
_RASTER_A = 0.12  # finer than any scene's

Floats = NDArray[np.float64]


def main() -> None:
    """Simulate, compose, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phonons", type=int, default=4, help="frozen-phonon configurations")
    parser.add_argument("--step", type=float, default=40.0, help="between thicknesses, in Å")
    parser.add_argument("--thickness", type=float, default=480.0, help="the largest, in Å")
    given = parser.parse_args()
    settings = MultisliceSettings(
        (ENERGY_KV,), thickness_step_A=given.step, thickness_A=given.thickness, phonons=given.phonons, seed=SEED
    )
    rows = [row for entry in ENTRIES for row in rows_of(entry, settings)]
    for crystal, found in pd.DataFrame(rows).groupby("crystal"):
        table = found.pivot(index="thickness / nm", columns="column", values="composed against simulated")
        print(f"\n{crystal}\n\n{table.to_markdown()}")


def rows_of(entry: LibraryEntry, settings: MultisliceSettings) -> list[dict[str, object]]:
    """A row for each detector, thickness and kind of column of a crystal."""
    tasks = tasks_of(entry, settings)
    scan = CrystalScan(tasks[0])
    configurations = np.array([scan.unfolded(simulate(task)) for task in tqdm(tasks, desc=entry[0])])
    positions_A = np.stack(np.meshgrid(*(_places(scan, axis) for axis in (0, 1))), axis=-1)
    kinds = nearest_kinds(scan, positions_A)
    rows: list[dict[str, object]] = []
    for index, (detector, _, _) in enumerate(settings.detectors_mrad):
        for step in range(configurations.shape[1]):
            thickness_A = (step + 1) * scan.step_A
            ours = composed(scan, entry_name(*entry), detector, thickness_A, positions_A)
            for kind in np.unique(kinds):
                simulated = configurations[:, step, index, kinds == kind].mean(axis=1)
                error = ours[kinds == kind].mean() / simulated.mean() - 1
                spread = simulated.std(ddof=1) / simulated.mean() / len(simulated) ** 0.5 if len(simulated) > 1 else 0.0
                rows.append(
                    {
                        "crystal": entry[0],
                        "thickness / nm": round(thickness_A / 10, 1),
                        "column": f"{detector}, {kind}",
                        "composed against simulated": f"{error:+.1%} ± {spread:.1%}",
                    }
                )
    return rows


def _places(scan: CrystalScan, axis: int) -> Floats:
    """Where the probe stood along an axis of the cell."""
    return np.arange(scan.shape_xy[axis]) * float(scan.extent_A[axis]) / scan.shape_xy[axis]


def nearest_kinds(scan: CrystalScan, positions_A: Floats) -> NDArray[np.str_]:
    """The site of the cation column nearest to each position (H, W, 2), across the cell's edges too."""
    cations = [column for column in scan.columns if column.site != "O"]
    xy_A = np.array([(column.x_A, column.y_A) for column in cations]) % scan.extent_A
    nearest = KDTree(xy_A, boxsize=scan.extent_A).query(positions_A)[1]
    return np.asarray(np.array([column.site for column in cations])[nearest])


def composed(scan: CrystalScan, name: str, detector: str, thickness_A: float, positions_A: Floats) -> Floats:
    """The image of the cell as scenes are composed: float64 (H, W), share of the beam."""
    of_entry = responses(name, ENERGY_KV, detector)
    half_A = [float(extent) + _MARGIN_A for extent in scan.extent_A]
    raster = Raster.covering((half_A[0], half_A[1]), _RASTER_A)
    cells = np.stack(
        np.meshgrid(*(np.arange(-n, n + 1) for n in np.ceil(np.array(half_A) / scan.extent_A).astype(int) + 1)),
        axis=-1,
    ).reshape(-1, 2)
    for column in scan.columns:
        xy_A = cells * scan.extent_A + (column.x_A, column.y_A)
        raster.deposit(xy_A, of_entry.at(column.site, np.full(len(xy_A), thickness_A)))
    return np.asarray(sample(raster.image(), raster.pixel_A, raster.origin_xy_A, positions_A), np.float64)


if __name__ == "__main__":
    main()
