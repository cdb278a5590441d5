"""The layouts of labelled micrographs, apart from what reads them, so that settings can name them at no cost."""

from __future__ import annotations

from typing import Literal

Pixels = Literal["stretched", "stored"]
"""Whether the contrast of a micrograph is stretched, or pixels stay as they are stored."""
Layout = Literal["zenodo", "label_images", "label_studio"]
"""The paper's folders of annotators; a label image beside each micrograph; an export of Label Studio."""
