"""A labyrinth at one moment becomes a frame with its truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from samiam.records import Micrograph
from samiam.records.polar_scene import PolarScene, Sign
from samiam.skeletons import skeleton_points
from simulate.labyrinth.evolution import Field
from simulate.labyrinth.pictures import Specimen, View, Window, recorded
from simulate.labyrinth.settings import Physics


@dataclass(frozen=True, eq=False)
class Sight:
    """What stays the same from one frame of a video to the next.

    Attributes:
        video: its name.
        physics: of the labyrinth.
        sign: of the stripes whose points are the truth.
        view: how it is seen.
        specimen: what else is seen.
        grid_period_px: of the stripes, on the grid.
        shape_hw: of a frame.
    """

    video: str
    physics: Physics
    sign: Sign
    view: View
    specimen: Specimen
    grid_period_px: float
    shape_hw: tuple[int, int]

    def scene(
        self,
        field: Field,
        top_left: tuple[float, float],
        rng: np.random.Generator,
        number: int = 0,
        also: Mapping[str, Any] | None = None,
    ) -> PolarScene:
        """One frame.

        Args:
            field: (n, n).
            top_left: what the first pixel sees, on the grid.
            rng: of the frame.
            number: of the frame in the video.
            also: what else there is to say of how it was made.
        """
        period_px = self.view.period_px
        window = Window(len(field), top_left, self.grid_period_px / period_px, self.shape_hw)
        stripes = window.of(field) > 0 if self.sign == "bright" else window.of(field) < 0
        pixels = recorded(window.of(self.specimen.shown(field, self.view.wall)), self.view, rng)
        return PolarScene(
            Micrograph(pixels, name=f"{self.video}-{number:04d}"),
            skeleton_points(stripes, period_px),
            self.sign,
            period_px,
            stripes,
            self.video,
            number,
            {"physics": self.physics, **asdict(self.view), **(also or {})},
        )
