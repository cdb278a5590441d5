"""The micrograph that ships as an example: SrTiO3 on Ge under a cap of Pt and C, 512 × 512 px of 8 bits.

Run `python scripts/example_micrograph.py`; it draws the same again, over `samiam/data/sto_on_ge.tif`.
"""

from __future__ import annotations

import numpy as np
import tifffile

from samiam.formats.readers.example import EXAMPLE
from simulate import Acquisition, Interface, Layer, Optics, Scan, Specimen, compose

PIXEL_SIZE_A = 0.25


def main() -> None:
    """Draw and write it."""
    specimen = Specimen(
        layers=(
            Layer("Ge", top=Interface(roughness_A=1.5)),
            Layer("SrTiO3", thickness_A=55, top=Interface(roughness_A=2)),
            Layer("PtC"),
        ),
        first_interface_A=-25,
        thickness_A=250,
    )
    scan = Scan((512, 512), pixel_size_A=PIXEL_SIZE_A, jitter_A=0.1)
    acquisition = Acquisition(scan, dose_e_per_A2=20_000, optics=Optics(energy_kV=300), detector="HAADF")
    micrograph = compose(specimen, acquisition, seed=1).micrograph
    per_cm = 1e8 / PIXEL_SIZE_A
    tifffile.imwrite(
        EXAMPLE,
        np.rint(255 * micrograph.pixels).astype(np.uint8),
        photometric="minisblack",
        compression="zlib",
        resolution=(per_cm, per_cm),
        resolutionunit="CENTIMETER",
        metadata=None,
    )


if __name__ == "__main__":
    main()
