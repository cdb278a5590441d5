"""From a segmentation to what thin-film people measure on it."""

from __future__ import annotations

import pandas as pd

from samiam.errors import InputError
from samiam.measurement.lattices.table import lattices
from samiam.measurement.layers.table import layer_table, layered
from samiam.measurement.record import Measurements
from samiam.measurement.regions import regions
from samiam.records import Micrograph, Segmentation


def measure(segmentation: Segmentation, micrograph: Micrograph | None = None) -> Measurements:
    """Measure the regions, the layers and the lattices of a segmented micrograph.

    Args:
        segmentation: its materials and grains; there may be none.
        micrograph: the image; that of the segmentation where not given.

    Raises:
        InputError: if there is no micrograph, or it is of another shape than the segmentation.

    Example:
        >>> y, x = np.mgrid[:96, :128]
        >>> columns = np.cos(2 * np.pi * x / 8) + np.cos(2 * np.pi * y / 9) + 0.1 * np.sin(x * y)
        >>> gold = Micrograph((columns + 2.2) / 4.4, pixel_size_nm=0.025)
        >>> labels = np.ones((96, 128), np.uint32)
        >>> measured = measure(Segmentation(labels, [], 1, True, Masks.empty(labels.shape)), gold)
        >>> measured, measured.lattices[["a_nm", "b_nm"]].round(3).values.tolist()
        (Measurements(1 region, 0 layers, 1 lattice), [[0.2, 0.225]])
    """
    if not isinstance(segmentation, Segmentation):
        raise InputError(f"{type(segmentation).__name__}: is no Segmentation; give what segment(micrograph) returns.")
    image = micrograph or segmentation.micrograph
    if image is None:
        raise InputError(
            "the segmentation has no micrograph to measure on; give it: measure(segmentation, micrograph)."
        )
    if image.shape_hw != segmentation.labels.shape:
        shape = segmentation.labels.shape
        raise InputError(f"{image.name}: is {image.shape_hw}, its segmentation {shape}; pair them up.")
    of_grains = lattices(segmentation, image)
    found = layered(segmentation, image)
    names = dict(zip(segmentation.material_of, segmentation.names, strict=True))
    of_layers = layer_table(found, image, names, _widest_spacings(of_grains, image.unit))
    return Measurements(regions(segmentation, image), of_layers, of_grains, image, found)


def _widest_spacings(of_grains: pd.DataFrame, unit: str) -> dict[int, float]:
    """Of each material with a lattice, the widest spacing of its planes."""
    spacing = f"spacing_1_{unit}"
    known = of_grains[of_grains["reflections"] > 0].sort_values(spacing)
    return dict(zip(known["material"].tolist(), known[spacing].tolist(), strict=True))  # the last of a material stays
