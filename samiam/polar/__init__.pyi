from .linking.tracks import EVENTS, Tracks
from .result import PolarPoints

__all__ = ["EVENTS", "PolarPoints", "Tracks"]
