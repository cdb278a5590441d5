"""A run that is gone on with learns from what it was begun with."""

from __future__ import annotations

from typing import Any

from pytorch_lightning.callbacks import Callback

from samiam.errors import InputError


class Unchanged(Callback):
    """Refuses a checkpoint of a run that has learnt from other files.

    Args:
        sha256: of what is learnt from.

    Raises:
        InputError: where that of the checkpoint is another one.
    """

    def __init__(self, sha256: str) -> None:
        self.sha256 = sha256

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"sha256": self.sha256}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Compare it with what there is now."""
        if state_dict.get("sha256") != self.sha256:
            raise InputError(
                "resume: images or labels have changed since that run was begun; bring back what it has learnt from, "
                "or begin another."
            )
