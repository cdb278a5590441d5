"""Regions as GeoJSON, which QuPath, napari and shapely read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from samiam.formats.writers.exports.contours import Contour, Ring
from samiam.formats.writers.exports.regions import Region, Regions
from samiam.formats.writers.strict_json import write_json


def write_geojson(path: Path, regions: Regions) -> Path:
    """Write each region as one feature, a polygon or several of them, with their holes (RFC 7946).

    Coordinates are in pixels, x to the right and y down from the corner of the upper left pixel, as QuPath has them.
    Properties are `label`, `name`, `classification` ({"name", "color"}), `area_px`, and `area_nm2` and `score` where
    they are known.

    Args:
        path: the file, .geojson.
        regions: to be written.

    Returns:
        The file written.
    """
    each = enumerate(zip(regions.said, regions.contours, strict=True), start=1)
    features = [_feature(regions, number, region, parts) for number, (region, parts) in each]
    return write_json(path, {"type": "FeatureCollection", "features": features})


def _feature(regions: Regions, number: int, region: Region, parts: list[Contour]) -> dict[str, Any]:
    width, height = regions.micrograph.pixel_size_nm, regions.micrograph.pixel_height_nm
    area = sum(part.area_px for part in parts)
    known = {
        "area_nm2": None if width is None or height is None else area * width * height,
        "score": region.score,
    }
    properties = {
        "objectType": "annotation",
        "label": number,
        "name": region.name,
        "classification": {"name": region.category, "color": regions.colour_of[region.category]},
        "area_px": area,
        **{name: value for name, value in known.items() if value is not None},
    }
    return {"type": "Feature", "id": str(number), "geometry": _geometry(parts), "properties": properties}


def _geometry(parts: list[Contour]) -> dict[str, Any]:
    polygons = [[_closed(part.outer), *map(_closed, part.holes)] for part in parts]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def _closed(ring: Ring) -> list[list[int]]:
    corners: list[list[int]] = ring.tolist()
    return [*corners, corners[0]]
