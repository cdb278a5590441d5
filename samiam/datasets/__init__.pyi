from .annotator_folders import find_annotator_images, read_annotator_image
from .compiling.building import BuildOptions, build_dataset
from .compiling.card import Counts
from .compiling.checking import check_dataset
from .compiling.splits import Place, read_splits
from .label_images import find_label_images, read_label_image
from .label_studio.exports import find_label_studio_images, read_label_studio_image
from .layout_names import Layout
from .layouts import Labelled, find_labelled
from .polar.keypoints import write_keypoint_tasks
from .polar.labelled import LabelledFrame, read_labelled_frames
from .polar.points_csv import write_points_csv
from .zenodo import zenodo_folder

__all__ = [
    "BuildOptions",
    "Counts",
    "Labelled",
    "LabelledFrame",
    "Layout",
    "Place",
    "build_dataset",
    "check_dataset",
    "find_annotator_images",
    "find_label_images",
    "find_label_studio_images",
    "find_labelled",
    "read_annotator_image",
    "read_label_image",
    "read_label_studio_image",
    "read_labelled_frames",
    "read_splits",
    "write_keypoint_tasks",
    "write_points_csv",
    "zenodo_folder",
]
