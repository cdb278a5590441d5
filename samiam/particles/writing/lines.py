"""The particles of an image as one line: what a microscope's script asks for."""

from __future__ import annotations

from typing import Any

from samiam.particles.measured import MeasuredImage
from samiam.particles.result import Particles


def particle_facts(particles: Particles, measured: MeasuredImage) -> dict[str, Any]:
    """What is known of each particle.

    Returns:
        `shape_hw`, `pixel_size_nm`, `pixel_height_nm`, `pixel_size_from`, `remark`, and `particles`: of each what
        `measure_particles` says, and `box_px` (left, top, right, bottom).
    """
    micrograph = particles.micrograph
    boxes = particles.masks.boxes_xywh.astype(float)
    boxes[:, 2:] += boxes[:, :2]
    return {
        "shape_hw": list(micrograph.shape_hw),
        "pixel_size_nm": micrograph.pixel_size_nm,
        "pixel_height_nm": micrograph.pixel_height_nm,
        "pixel_size_from": particles.pixel_size_from,
        "remark": particles.remark,
        "particles": [
            {**row, "box_px": box} for row, box in zip(measured.table.to_dict("records"), boxes.tolist(), strict=True)
        ],
    }
