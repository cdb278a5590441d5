"""The finder that ships: a U-Net at a fixed size of pixels, then a watershed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from samiam.device import pick_device
from samiam.networks.inputs import resampled
from samiam.networks.unet import PaddedNetwork, fused
from samiam.particles.finder.calibration import ParticleCalibration, read_calibration
from samiam.particles.finder.inputs import working_shape
from samiam.particles.finder.instances import Candidate, candidates_of
from samiam.particles.finder.network import NETWORK, look_at
from samiam.particles.finder.protocol import Found
from samiam.particles.finder.settings import FinderOptions
from samiam.particles.finder.weights import read_network
from samiam.particles.result import Dropped
from samiam.records import Masks
from samiam.storage.files import sha256_of
from samiam.storage.weight_files import given_or_shipped

Placed = tuple[tuple[slice, slice], NDArray[np.bool_]]


class UNetFinder:
    """Finds particles by a network and its calibration.

    Args:
        network: in evaluation mode, on its device.
        calibration: of its weights.
        settings: the user's.
        sha256: of its weights, for provenance.
    """

    def __init__(
        self,
        network: PaddedNetwork,
        calibration: ParticleCalibration,
        settings: FinderOptions,
        sha256: str | None = None,
    ) -> None:
        chosen = {"threshold": settings.threshold, "least_score": settings.least_score}
        given = {name: value for name, value in chosen.items() if value is not None}
        self.name = NETWORK
        self.calibration = replace(calibration, **given)
        sizes = {name: getattr(settings, name) for name in ("smallest_nm", "smallest_px")}
        self.options: Mapping[str, Any] = {**asdict(self.calibration), **sizes, "weights_sha256": sha256}
        self._network, self._settings = network, settings

    def find(self, pixels: NDArray[np.float32], pixel_size_nm: float) -> Found:
        """The particles of an image, see `ParticleFinder.find`."""
        maps = look_at(self._network, resampled(pixels, working_shape(pixels.shape, pixel_size_nm)))
        kept: list[tuple[float, Placed]] = []
        dropped = []
        for candidate in candidates_of(maps, self.calibration.threshold, self.calibration.valley):
            placed = _placed(candidate, maps.particle.shape, pixels.shape)
            reason = self._reason_against(candidate.score, placed, pixel_size_nm)
            if reason is None:
                kept.append((candidate.score, placed))
            else:
                dropped.append(reason)
        return Found(_masks(kept, (pixels.shape[0], pixels.shape[1])), dropped)

    def _reason_against(self, score: float, placed: Placed, pixel_size_nm: float) -> Dropped | None:
        """Why a candidate is no particle; None where it is one."""
        (rows, columns), inside = placed
        box = (columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)
        diameter_px = 2 * float(np.sqrt(np.count_nonzero(inside) / np.pi))
        smallest_px = max(self._settings.smallest_px, self._settings.smallest_nm / pixel_size_nm)
        if diameter_px < smallest_px:
            return Dropped(
                "too small", round(diameter_px * pixel_size_nm, 3), round(smallest_px * pixel_size_nm, 3), box
            )
        if score < self.calibration.least_score:
            return Dropped("low score", round(score, 3), self.calibration.least_score, box)
        return None

    def __repr__(self) -> str:
        return f"UNetFinder(weights {str(self.options['weights_sha256'])[:12]})"


def _placed(candidate: Candidate, from_hw: tuple[int, ...], to_hw: tuple[int, ...]) -> Placed:
    """A candidate on the pixels of the image: its field is interpolated, so that outlines stay smooth."""
    if from_hw == to_hw:
        return candidate.box, candidate.field > 0
    per_pixel = np.divide(to_hw, from_hw)
    rows, columns = (
        slice(max(0, int(own.start * ratio)), min(side, int(np.ceil(own.stop * ratio))))
        for own, ratio, side in zip(candidate.box, per_pixel, to_hw, strict=True)
    )
    y, x = (
        ((np.arange(new.start, new.stop) + 0.5) / ratio - 0.5 - own.start).astype(np.float32)
        for new, own, ratio in zip((rows, columns), candidate.box, per_pixel, strict=True)
    )
    at_x, at_y = np.meshgrid(x, y)
    field = cv2.remap(candidate.field, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return (rows, columns), field > 0


def _masks(kept: Iterable[tuple[float, Placed]], shape_hw: tuple[int, int]) -> Masks:
    """Particles as masks over the whole image, the surest first."""
    ordered = sorted(kept, key=lambda one: -one[0])

    def whole(placed: Placed) -> NDArray[np.bool_]:
        mask = np.zeros(shape_hw, np.bool_)
        mask[placed[0]] = placed[1]
        return mask

    return Masks.from_arrays(
        (whole(placed) for _, placed in ordered), shape_hw, predicted_iou=[score for score, _ in ordered]
    )


def particles_among(
    candidates: Iterable[Candidate], shape_hw: tuple[int, ...], least_score: float, least_px: int = 0
) -> Masks:
    """Candidates that are sure and large enough as masks on the pixels of their maps.

    Args:
        candidates: of one image.
        shape_hw: of its maps.
        least_score: of a particle.
        least_px: area of one.
    """
    kept = [(one.score, (one.box, one.field > 0)) for one in candidates if one.score >= least_score]
    large = [(score, placed) for score, placed in kept if np.count_nonzero(placed[1]) >= least_px]
    return _masks(large, (shape_hw[0], shape_hw[1]))


def build_finder(options: FinderOptions = FinderOptions()) -> UNetFinder:
    """The finder that ships, or one with weights of one's own.

    Raises:
        InputError: if the device is unusable, or the weights or their card are missing, damaged, of another network or
            of another hash.
    """
    place = pick_device(options.device)
    path, expected = given_or_shipped(NETWORK, options.weights, options.weights_sha256)
    network = fused(read_network(path, expected)).to(place)
    return UNetFinder(network, read_calibration(path), options, expected or sha256_of(path))
