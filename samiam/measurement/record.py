"""What was measured of one image."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from PIL import Image

from samiam.measurement.drawing import layer_picture
from samiam.measurement.layers.table import Layered
from samiam.records import Micrograph
from samiam.records.showing import counted, png_of


@dataclass(frozen=True, eq=False)
class Measurements:
    """Regions, layers and lattices of one image.

    Lengths are in nm, or in px where the size of a pixel is unknown; the unit ends the name of each column. They are
    true along both axes where pixels are not square. What cannot be measured is missing (NaN, None). Uncertainties are
    standard deviations of the fit: they hold no error of the magnification, of drift or of distortions of the scan.

    Attributes:
        regions: a row for each connected part of a label: `region`, `label`, `material`, `name`, `area_nm2`,
            `equivalent_diameter_area_nm`, `centroid_x_nm`, `centroid_y_nm` (from the centre of the top left pixel, x to
            the right, y down), `axis_major_length_nm`, `axis_minor_length_nm` (of the ellipse of the same second
            moments), `orientation_deg` (of its major axis, from x, counter-clockwise), `feret_diameter_max_nm`,
            `feret_diameter_min_nm`, `aspect_ratio` (the least over the largest), `solidity`, `perimeter_nm` (finer than
            pixels; holes are filled), `intensity_mean`, `intensity_std` (of the scaled image, 0 to 1) and
            `touches_edge` (it may go on beyond).
        layers: a row for each layer, from the top, or from the left where they stand upright: `layer`, `material`,
            `name`, `parts` (connected ones), `coverage` (share of its length that it is on), `thickness_nm` (the mean
            along its normal), `thickness_std_nm` (over its length), `thickness_is_lower_bound` (it goes on beyond the
            image), `measured_over_nm` (its length), `tilt_deg` (from x, counter-clockwise), and of its `upper_` and
            `lower_` interface `neighbour` (a material, 0 for what is not segmented, missing at the edge of the image),
            `roughness_rms_nm` (about a parabola), `correlation_length_nm` (where the autocorrelation falls to 1/e) and
            `width_10_90_nm` (of the mean brightness across it, flattened).
        lattices: a row for each grain: `grain`, `label`, `material`, `name`, `spacing_1_nm`, `spacing_2_nm` (of the two
            widest sets of planes), `a_nm`, `b_nm`, `angle_deg` (the two shortest vectors between columns), `a_x_nm`,
            `a_y_nm`, `b_x_nm`, `b_y_nm` (x to the right, y down), each with its uncertainty, `reflections` (how many it
            was fitted to), `candidates` (phases that fit, with their deviation) and `remark` (why there is none).
        micrograph: the image.
        layered: where the layers were measured; None where there are none.
    """

    regions: pd.DataFrame
    layers: pd.DataFrame
    lattices: pd.DataFrame
    micrograph: Micrograph
    layered: Layered | None

    def picture(self) -> Image.Image:
        """The micrograph with its layers' interfaces and thicknesses where they were measured."""
        return layer_picture(self.micrograph, self.layered, self.layers)

    def _repr_png_(self) -> bytes:
        return png_of(self.picture())

    def __repr__(self) -> str:
        n_lattices = int((self.lattices["reflections"] > 0).sum())
        counts = (len(self.regions), "region"), (len(self.layers), "layer")
        lattices = f"{n_lattices} lattice{'' if n_lattices == 1 else 's'}"
        return f"Measurements({', '.join(counted(n, what) for n, what in counts)}, {lattices})"
