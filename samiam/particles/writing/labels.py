"""The label image of particles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from samiam.formats.writers.labels import write_label_image
from samiam.particles.result import Particles


def label_image(particles: Particles) -> NDArray[np.uint32]:
    """Labels (H, W): 0 for no particle, else its number from 1.

    Where particles overlap, the surer one lies on top; of equally sure ones the first. The whole masks are in the COCO
    file.
    """
    labels = np.zeros(particles.masks.shape_hw, np.uint32)
    scores = np.nan_to_num(particles.masks.predicted_iou, nan=-1.0)
    for index in np.argsort(-scores, kind="stable")[::-1]:
        labels[particles.masks[index]] = index + 1
    return labels


def write_particle_labels(path: str | Path, particles: Particles) -> Path:
    """Write the label image as a TIFF of uint32 with its pixel size.

    Returns:
        The file written.
    """
    micrograph = particles.micrograph
    facts = {"n_particles": len(particles.masks), "overlaps": "the surer particle on top"}
    return write_label_image(
        path, label_image(particles), micrograph.pixel_size_nm, facts, pixel_aspect=micrograph.pixel_aspect
    )
