"""Redraw docs/particles.jpg: simulated pictures of the exit waves that ship, the truth outlined on half of each.

`python scripts/particle_pictures.py`
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from samiam.records.particle_scene import ParticleScene
from simulate.particles import picture, read_waves

FIGURE = Path(__file__).parents[1] / "docs" / "particles.jpg"
COLUMNS, ROWS, SIDE_PX = 4, 3, 300
OUTLINE = (255, 80, 60)


def drawn(scene: ParticleScene) -> NDArray[np.uint8]:
    """The picture in grey, the outlines of its particles in its lower half."""
    image = np.repeat(np.rint(255 * scene.micrograph.pixels).astype(np.uint8)[..., None], 3, axis=2)
    for mask in scene.masks:
        edge = mask & ~ndimage.binary_erosion(mask, border_value=1)
        edge[: SIDE_PX // 2] = False
        image[edge] = OUTLINE
    return image


def main() -> None:
    """Draw, of every other wave the first picture of the seeds that shows a particle."""
    waves = [wave for wave in read_waves() if len(wave.particles) > 1 and wave.split != "physics"]
    tiles = []
    for index, wave in enumerate(waves[: COLUMNS * ROWS]):
        shape = {"shape_hw": (SIDE_PX, SIDE_PX), "pixel_size_nm": 0.04, "d_prime": False}
        scenes = (picture(wave, seed=100 * index + seed, **shape) for seed in range(9))
        tiles.append(drawn(max(scenes, key=lambda scene: len(scene.particles))))
    tiles += [np.full((SIDE_PX, SIDE_PX, 3), 255, np.uint8)] * (COLUMNS * ROWS - len(tiles))
    rows = [np.hstack(tiles[row * COLUMNS : (row + 1) * COLUMNS]) for row in range(ROWS)]
    Image.fromarray(np.vstack(rows)).save(FIGURE, quality=80)


if __name__ == "__main__":
    main()
