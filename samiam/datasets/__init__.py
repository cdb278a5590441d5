"""Labelled micrographs as scenes: annotators' folders (the paper's layout), label images, Label Studio, Zenodo."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
