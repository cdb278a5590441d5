"""The materials of a micrograph as regions to be exported."""

from __future__ import annotations

from samiam.colours import colour_of
from samiam.formats.writers.exports.regions import Region, Regions
from samiam.formats.writers.tables import measurements
from samiam.formats.writers.wording import material_names, percent, region_names
from samiam.records import Micrograph, Segmentation


def regions_of(segmentation: Segmentation, micrograph: Micrograph, place: str) -> Regions:
    """A region for each label, of the category of its material.

    Args:
        segmentation: M labels over the micrograph.
        micrograph: the image.
        place: the name of the folder that the files will be in.
    """
    each = zip(region_names(segmentation), material_names(segmentation), segmentation.confidences, strict=True)
    how = "given" if segmentation.n_materials_given else "estimated"
    return Regions(
        micrograph=micrograph,
        masks=segmentation.masks,
        said=[Region(name, of, colour_of(label), score) for label, (name, of, score) in enumerate(each, start=1)],
        labels=segmentation.labels,
        place=place,
        tables={"Regions": measurements(segmentation, micrograph)},
        facts={
            "materials": f"{segmentation.n_materials}, {how}",
            "not segmented": percent(1 - segmentation.segmented_fraction),
        },
        remarks=[*filter(None, [segmentation.remark])],
    )
