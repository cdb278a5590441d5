from .annotator_folders import find_annotator_images, read_annotator_image
from .label_images import find_label_images, read_label_image
from .label_studio.exports import find_label_studio_images, read_label_studio_image
from .layout_names import Layout
from .layouts import Labelled, find_labelled
from .zenodo import zenodo_folder

__all__ = [
    "Labelled",
    "Layout",
    "find_annotator_images",
    "find_label_images",
    "find_label_studio_images",
    "find_labelled",
    "read_annotator_image",
    "read_label_image",
    "read_label_studio_image",
    "zenodo_folder",
]
