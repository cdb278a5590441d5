"""From what, by what and how a result was made."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from samiam.formats.writers.earlier import OF_THE_IMAGE
from samiam.formats.writers.strict_json import write_json
from samiam.records import Micrograph, Segmentation

_PACKAGES = (
    "numpy",
    "scipy",
    "scikit-image",
    "scikit-learn",
    "onnxruntime",
    "torch",
    "segment-anything",
    "tifffile",
    "pillow",
)
_OF_THE_FILE = (
    "path",
    *OF_THE_IMAGE,
    "n_datasets",
    "beside",
    "not_images",
    "unwritten",
    "detector",
    "diffraction",
    "dtype",
    "clip_percentiles",
    "clip_values",
    "pixel_size_source",
    "pixel_size_remark",
    "orientation",
    "left_out",
    "evened",
)


def write_provenance(
    path: str | Path,
    micrograph: Micrograph,
    *,
    config: Mapping[str, Any],
    seed: int,
    times_s: Mapping[str, float],
    files: Sequence[str] = (),
    settings: Mapping[str, Any] | None = None,
    segmentation: Segmentation,
    by_hand: Mapping[str, Any] | None = None,
) -> Path:
    """Write as JSON what is needed to make the result again.

    Args:
        path: the file.
        micrograph: the input; what `read_micrograph` noted of its file is written, null where it came from elsewhere.
        config: the settings used.
        seed: the seed used.
        times_s: seconds taken by each step.
        settings: what was chosen, null where nobody chose.
        files: the names of the others of the result.
        segmentation: the result.
        by_hand: what somebody has done to it, and their verdict; not mentioned where nobody has.

    Returns:
        The file written.
    """
    facts = {
        "n_materials": segmentation.n_materials,
        "n_materials_given": segmentation.n_materials_given,
        "masks_generated": len(segmentation.generated),
        "materials_found": len(set(segmentation.material_of)),
        "regions_found": len(segmentation.material_of),
        "grains_found": segmentation.n_grains,
        "not_segmented_fraction": 1 - segmentation.segmented_fraction,
        "remark": segmentation.remark,
        **({} if by_hand is None else {"by_hand": by_hand}),
    }
    how = {
        "input": about_input(micrograph),
        "config": config,
        "settings": settings,
        "seed": seed,
        "times_s": times_s,
        "files": files,
    }
    return write_json(path, {**about_software(), "input": about_input(micrograph), **how, **facts})


def about_software() -> dict[str, Any]:
    """What made a result, and when."""
    return {
        "samiam": version_of("samiam"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: version_of(name) for name in _PACKAGES},
        "written_utc": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def about_input(micrograph: Micrograph) -> dict[str, Any]:
    """What is known of an image and its file; of one that came from no file, what tells its pixels from others."""
    told = {} if micrograph.metadata.get("sha256") is not None else {"pixels_sha256": micrograph.pixels_sha256}
    return {
        "name": micrograph.name,
        "shape_hw": micrograph.shape_hw,
        "pixel_size_nm": micrograph.pixel_size_nm,
        "pixel_height_nm": micrograph.pixel_height_nm,
        **{key: micrograph.metadata.get(key) for key in _OF_THE_FILE},
        **told,
    }


@cache  # to look them all up takes 40 ms, and each image is told of
def version_of(package: str) -> str | None:
    """The installed version, None where the package is not installed (a source tree on the path counts so)."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
