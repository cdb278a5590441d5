"""The finder that ships: a U-Net at a fixed period of the stripes, then what its maps say of points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.device import pick_device
from samiam.networks.unet import PaddedNetwork, fused
from samiam.networks.weights import read_calibration
from samiam.polar.candidates import candidates
from samiam.polar.network import NETWORK, HeatMaps, look_at, read_network
from samiam.polar.settings import PointCalibration, PointFinderOptions
from samiam.records.polar_scene import Points
from samiam.storage.files import sha256_of
from samiam.storage.weight_files import given_or_shipped


class NetworkFinder:
    """Finds ends and junctions by a network and its calibration.

    Args:
        network: in evaluation mode, on its device.
        calibration: of its weights.
        sha256: of its weights, for provenance.
    """

    def __init__(self, network: PaddedNetwork, calibration: PointCalibration, sha256: str | None = None) -> None:
        self.name = NETWORK
        self.options: Mapping[str, Any] = {**asdict(calibration), "weights_sha256": sha256}
        self._network, self._calibration = network, calibration

    def find(self, pixels: NDArray[np.float32], period_px: float) -> Points:
        """The points of a frame, see `PointFinder.find`; the surest first."""
        maps = look_at(self._network, pixels, period_px)
        found = points_among(maps, self._calibration)
        per_pixel = np.divide(maps.end.shape, pixels.shape)
        return Points((found.positions_px + 0.5) / per_pixel - 0.5, found.is_junction, found.scores)

    def __repr__(self) -> str:
        return f"NetworkFinder(weights {str(self.options['weights_sha256'])[:12]})"


def points_among(maps: HeatMaps, calibration: PointCalibration) -> Points:
    """The points of maps that are high enough there, on the pixels of the maps; the highest first.

    Args:
        maps: of one frame.
        calibration: which are.
    """
    least_end, least_junction = calibration.least_end, calibration.least_junction
    found = candidates(maps, calibration.places, min(least_end, least_junction))
    is_high = found.scores >= np.where(found.is_junction, least_junction, least_end)
    order = np.argsort(-found.scores, kind="stable")
    return found.select(order[is_high[order]])


def build_point_finder(options: PointFinderOptions = PointFinderOptions()) -> NetworkFinder:
    """The finder that ships, or one with weights of one's own.

    Raises:
        InputError: if the device is unusable, or the weights or their card are missing, damaged, of another network or
            of another hash.
    """
    place = pick_device(options.device)
    path, expected = given_or_shipped(NETWORK, options.weights, options.weights_sha256)
    network = fused(read_network(path, expected)).to(place)
    calibration = read_calibration(path, PointCalibration, tells="which peaks are points", experiment=NETWORK)
    given = {name: getattr(options, name) for name in ("least_end", "least_junction")}
    calibration = replace(calibration, **{name: value for name, value in given.items() if value is not None})
    return NetworkFinder(network, calibration, expected or sha256_of(path))
