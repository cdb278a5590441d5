from .finder import build_point_finder
from .finding import find_points
from .linking.linker import Linker
from .linking.tracks import EVENTS, Tracks
from .period import measure_period
from .protocol import PointFinder
from .result import PolarPoints
from .settings import LinkingOptions, PointFinderOptions, SkeletonOptions
from .skeleton import SkeletonFinder

__all__ = [
    "EVENTS",
    "Linker",
    "LinkingOptions",
    "PointFinder",
    "PointFinderOptions",
    "PolarPoints",
    "SkeletonFinder",
    "SkeletonOptions",
    "Tracks",
    "build_point_finder",
    "find_points",
    "measure_period",
]
