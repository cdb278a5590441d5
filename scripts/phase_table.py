"""Write the lattices that crystals show along their zone axes into samiam/measurement/lattices/phases.json.

    python scripts/phase_table.py

The crystals are those of `simulate.library.crystals`, with the sources that stand there; perovskites are pseudo-cubic.
`samiam` sees nothing of `simulate`, so that the table ships with it.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from samiam.formats.writers.strict_json import write_json
from samiam.lattices.basis import reduced
from simulate.library.crystals import CRYSTALS, Crystal, primitive

TABLE = Path(__file__).parents[1] / "samiam" / "measurement" / "lattices" / "phases.json"
ZONES = ((1, 0, 0), (1, 1, 0), (1, 1, 1))
DIGITS = 6


def projected(crystal: Crystal, zone: tuple[int, int, int]) -> dict[str, Any]:
    """The lattice of columns that a crystal shows along a zone axis."""
    beam = np.array(zone) @ np.asarray(crystal.atoms.cell)
    beam = beam / np.linalg.norm(beam)
    across = np.linalg.svd(beam[None])[2][1:]  # two unit vectors at right angles to it
    sums = np.array(list(product(range(-2, 3), repeat=3))) @ np.asarray(primitive(crystal).cell) @ across.T / 10
    lengths = np.hypot(*sums.T)
    sums = sums[np.lexsort((np.arange(len(sums)), lengths.round(DIGITS)))]
    sums = sums[np.hypot(*sums.T) > 10.0**-DIGITS]
    second = next(one for one in sums if abs(np.linalg.det([sums[0], one])) > 10.0**-DIGITS)
    a, b = reduced(np.stack([sums[0], second]))
    a_nm, b_nm = np.hypot(*a), np.hypot(*b)
    return {
        "phase": crystal.name,
        "zone": "".join(map(str, zone)),
        "a_nm": round(float(a_nm), DIGITS),
        "b_nm": round(float(b_nm), DIGITS),
        "angle_deg": round(float(np.degrees(np.arccos(abs(a @ b) / (a_nm * b_nm)))), DIGITS),
        "source": crystal.source,
    }


def main() -> None:
    """Write the table."""
    print(write_json(TABLE, [projected(crystal, zone) for crystal in CRYSTALS.values() for zone in ZONES]))


if __name__ == "__main__":
    main()
