"""What libraries say during a training that no user can do anything about."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_LIGHTNING = logging.getLogger("pytorch_lightning.utilities.rank_zero")
_TIP = "💡 Tip"  # which other package of its makers one could install


@contextmanager
def without_advice() -> Iterator[None]:
    """Keep back Lightning's advertisements, its use of what torch is about to rename, and its worry about batch norms.

    Those that are in evaluation mode at the start are so on purpose, see `samiam.training.labelled.norms`.
    """
    _LIGHTNING.addFilter(_is_no_tip)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r".*isinstance.treespec, LeafSpec", category=FutureWarning)
            warnings.filterwarnings("ignore", message=r"Found \d+ module\(s\) in eval mode", category=UserWarning)
            yield
    finally:
        _LIGHTNING.removeFilter(_is_no_tip)


def _is_no_tip(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(_TIP)
