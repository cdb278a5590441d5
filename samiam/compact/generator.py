"""The generator that ships: one look of a small network, masks at every granularity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from samiam.compact.answers import answers, posed
from samiam.compact.looks import Look
from samiam.compact.model import CompactModel
from samiam.compact.regions.candidates import Candidates, candidate_regions
from samiam.compact.regions.rating import Rated, rated_regions
from samiam.compact.settings import CompactOptions
from samiam.compact.weights import load_model
from samiam.errors import InputError
from samiam.generation.prompts import Prompt
from samiam.generation.suppression import non_maximum_suppression
from samiam.geometry import pole_of_inaccessibility
from samiam.records import Masks, Micrograph


class CompactGenerator:
    """Masks of a look: an image's textures, their connected parts, and the grains of these.

    The textures form a tree by the distance between their vectors, so that masks nest and contradict one another as
    SAM's do. The predicted IoU is a calibrated estimate of the IoU with a material or a part of it. The stability
    score is SAM's: the IoU of the mask under a strict and a loose threshold.

    Args:
        model: looks at images; an encoder of the same model looks with it.
        options: the settings.
    """

    name = "compact"

    def __init__(self, model: CompactModel, options: CompactOptions) -> None:
        self.model, self._settings = model, options
        self._last: _Seen | None = None
        self._pointed_at: _Seen | None = None

    @property
    def options(self) -> Mapping[str, Any]:
        """Every setting that decides the masks, and the hashes of weights and calibration."""
        return {
            **self._settings.decisive,
            "weights_sha256": self.model.sha256,
            "calibration_sha256": self.model.calibration.sha256,
        }

    def generate(self, micrograph: Micrograph) -> Masks:
        """The masks in order of falling predicted IoU; all of the image where nothing stands out.

        An image that is turned by quarters or mirrored has the same masks, turned or mirrored.
        """
        seen = self._see(micrograph)
        chosen = self._chosen(seen)
        return Masks.from_arrays(
            (seen.look.in_image(rated.region.signed) for rated in chosen),
            micrograph.shape_hw,
            predicted_iou=[rated.quality for rated in chosen],
            stability_score=[rated.region.stability for rated in chosen],
            points_xy=[seen.look.in_image_xy(pole_of_inaccessibility(rated.region.inside)[0]) for rated in chosen],
        )

    def set_image(self, micrograph: Micrograph) -> None:
        """Look at an image, so that `predict` answers at once."""
        self._pointed_at = self._see(micrograph)

    def predict(
        self,
        points: ArrayLike | None = None,
        labels: ArrayLike | None = None,
        boxes: ArrayLike | None = None,
        most: int | None = None,
    ) -> Masks:
        """The material that a prompt may mean in the image that was set, a connected part of it, a grain.

        Args:
            points: (P, 2), clicked pixels (x, y).
            labels: (P,), 1 for a click on the thing, 0 for one beside it; all 1 where None.
            boxes: x0, y0, x1, y1 around it, or None.
            most: masks to make, the most likely ones; all where None.

        Returns:
            At most three masks, the most likely first, whose predicted IoU is the chance that each is meant; none where
            nothing stands out.

        Raises:
            InputError: if no image was set, there is nothing to go by, or a prompt lies outside of the image.
        """
        seen = self._pointed_at
        if seen is None:
            raise InputError("no image to point at: call set_image first.")
        shape_hw = seen.look.shape_hw[::-1] if seen.look.pose.swapped else seen.look.shape_hw
        prompt = posed(Prompt.of(points, labels, boxes, shape_hw), seen.look.pose)
        preferred = [(rated.region, self.model.calibration.preferred(rated.evidence)) for rated in seen.regions]
        found = answers(seen.look, seen.candidates.levels, preferred, prompt)[:most]
        masks = (seen.look.in_image(answer.signed) for answer, _ in found)
        return Masks.from_arrays(masks, shape_hw, predicted_iou=[chance for _, chance in found])

    def _see(self, micrograph: Micrograph) -> _Seen:
        """The look at an image and its regions; those of the last look are remembered."""
        look, last = self.model.look(micrograph.pixels), self._last
        if last is None or last.look is not look:
            candidates = candidate_regions(look, self._settings)
            regions = rated_regions(candidates, self.model.calibration, self._settings.split_thresh)
            last = _Seen(look, candidates, regions)
            self._last = last
        return last

    def _chosen(self, seen: _Seen) -> list[Rated]:
        """The regions that become masks, the best first; all of the image where no other does."""
        settings = self._settings
        good = [
            rated
            for rated in seen.regions
            if rated.region is not seen.candidates.whole_image
            and not rated.is_doubtful
            and rated.quality >= settings.pred_iou_thresh
            and rated.region.stability >= settings.stability_score_thresh
        ]
        if not good:  # no split is real: the image is of one material
            return [rated for rated in seen.regions if rated.region is seen.candidates.whole_image]
        flat = np.array([rated.region.inside.ravel() for rated in good], np.float32)
        overlaps, areas = flat @ flat.T, flat.sum(axis=1)
        kept = non_maximum_suppression(overlaps / (areas[:, None] + areas - overlaps), settings.nms_thresh)
        return [good[place] for place in kept]

    def __repr__(self) -> str:
        return f"CompactGenerator({self.model!r})"


@dataclass(frozen=True, eq=False)
class _Seen:
    """A look at an image, the regions that it gives, and these rated, the best first."""

    look: Look
    candidates: Candidates
    regions: list[Rated]


def build_compact(options: CompactOptions) -> CompactGenerator:
    """Make a `CompactGenerator`.

    Raises:
        InputError: if the weights or the device cannot be used.
    """
    return CompactGenerator(load_model(options), options)
