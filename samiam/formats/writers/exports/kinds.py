"""What a result can be exported as, and the files that each is; named without any library that writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from samiam.errors import InputError

EXPORTS: Mapping[str, Mapping[str, str]] = {
    "roi": {"rois.zip": "imagej:write_rois"},
    "imagej": {"labels_imagej.tif": "imagej:write_imagej_labels"},
    "geojson": {"outlines.geojson": "geojson:write_geojson"},
    "label-studio": {
        "label_studio.json": "label_studio:write_predictions",
        "label_studio.png": "label_studio:write_picture",
        "label_studio.xml": "label_studio:write_interface",
    },
    "html": {"summary.html": "summary:write_summary"},
}
"""By name the files that are written, and what writes each."""
EXPORT_FILES: tuple[str, ...] = tuple(file for files in EXPORTS.values() for file in files)


def checked_exports(names: Sequence[str]) -> tuple[str, ...]:
    """The names, each once and in the order of `EXPORTS`.

    Raises:
        InputError: if nothing is called so; the message says what is.
    """
    for name in names:
        if name not in EXPORTS:
            from samiam.settings import unknown_name  # which imports pydantic

            raise InputError(unknown_name("export", name, EXPORTS))
    return tuple(name for name in EXPORTS if name in names)
