from .frames import draw_frame
from .settings import LabyrinthConditions, Physics, VideoSettings
from .shipped import read_shipped_video
from .videos import Video, draw_video

__all__ = [
    "draw_frame",
    "draw_video",
    "Video",
    "read_shipped_video",
    "LabyrinthConditions",
    "VideoSettings",
    "Physics",
]
