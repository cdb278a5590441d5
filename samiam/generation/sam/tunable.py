"""SAM with a mask decoder that learns, behind an image encoder that does not: an image is embedded once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from segment_anything.modeling import Sam
from segment_anything.predictor import SamPredictor
from torch import Tensor, nn

from samiam.errors import InputError
from samiam.generation.sam.images import as_rgb
from samiam.records import Micrograph
from samiam.storage.checkpoints import fit_state_dict
from samiam.storage.weight_files import read_weights

DECODER = "sam_mask_decoder"
"""What weights of a mask decoder say that they are of."""


class TunableDecoder(nn.Module):
    """Embeds images once, and answers clicks with masks that gradients flow through; only the mask decoder learns.

    Args:
        sam: the network; its image encoder may be one that remembers, see `RememberingEncoder`.
    """

    def __init__(self, sam: Sam) -> None:
        super().__init__()
        self.decoder = sam.mask_decoder
        # Out of reach of `parameters` and `state_dict`: it neither learns nor is written.
        self._frozen = (sam,)
        self._predictor = SamPredictor(sam)

    @property
    def grid_px(self) -> int:
        """Side of the square grid that masks are drawn on."""
        return 4 * int(self._frozen[0].prompt_encoder.image_embedding_size[0])

    def embed(self, micrograph: Micrograph) -> Tensor:
        """What the image encoder makes of an image: (1, C, h, w)."""
        self._predictor.set_image(as_rgb(micrograph), image_format="RGB")
        found = cast("Tensor", self._predictor.features)
        self._predictor.reset_image()
        return found.clone()

    def seen(self, labels: NDArray[np.integer]) -> NDArray[np.int64]:
        """Labels (H, W) on the grid of masks, int64 (grid, grid): the image lies top left, -1 beyond."""
        longest, side = max(labels.shape), self.grid_px
        shape = [max(1, round(side * length / longest)) for length in labels.shape]
        rows, columns = (
            ((np.arange(n) + 0.5) * length / n).astype(int) for n, length in zip(shape, labels.shape, strict=True)
        )
        on_grid = np.full((side, side), -1, np.int64)
        on_grid[: shape[0], : shape[1]] = labels[np.ix_(rows, columns)]
        return on_grid

    def forward(self, embedding: Tensor, points_xy: Tensor) -> tuple[Tensor, Tensor]:
        """Three masks for each of some clicks.

        Args:
            embedding: (1, C, h, w), of the image.
            points_xy: (B, 2), the clicks, in points of the grid of masks.

        Returns:
            Logits (B, 3, grid, grid), above 0 inside, and the IoU (B, 3) that each is expected to have.
        """
        (sam,) = self._frozen
        clicked = (points_xy + 0.5) * (sam.image_encoder.img_size / self.grid_px)
        labels = torch.ones(len(clicked), 1, dtype=torch.int, device=clicked.device)
        with torch.no_grad():
            sparse, dense = sam.prompt_encoder((clicked[:, None], labels), None, None)
            places = sam.prompt_encoder.get_dense_pe()
        return cast("tuple[Tensor, Tensor]", self.decoder(embedding, places, sparse, dense, multimask_output=True))


def facts_of_decoder(name: str, checkpoint_sha256: str) -> Mapping[str, Any]:
    """What a file of weights says of a mask decoder, see `write_weights`.

    Args:
        name: of the SAM that it is of.
        checkpoint_sha256: of the checkpoint whose image encoder it has learnt behind.
    """
    return {"network": DECODER, "sam": name, "checkpoint_sha256": checkpoint_sha256}


def put_decoder(sam: Sam, name: str, checkpoint_sha256: str, path: str | Path, sha256: str | None = None) -> None:
    """Give a network a mask decoder that was tuned.

    Args:
        sam: the network; changed in place.
        name: of it.
        checkpoint_sha256: of the checkpoint that the rest of it has.
        path: weights that `train.py experiment=labelled_sam` wrote.
        sha256: the hash that they must have; not checked where None.

    Raises:
        InputError: if the file is missing, damaged, of another hash, or of a decoder behind another checkpoint.
    """
    state, facts = read_weights(path, sha256)
    if facts.get("network") != DECODER:
        raise InputError(f"{path}: weights of {facts.get('network')!r}, not of a mask decoder of SAM.")
    if (facts.get("sam"), facts.get("checkpoint_sha256")) != (name, checkpoint_sha256):
        raise InputError(
            f"{path}: a mask decoder of {facts.get('sam')}, checkpoint {facts.get('checkpoint_sha256')!s:.12}…, "
            f"not of {name}, checkpoint {checkpoint_sha256:.12}…; give the one that it was tuned with."
        )
    fit_state_dict(sam.mask_decoder, state, path)
