"""The folded decoder gives what the library's gives: qualities, and the masks that are asked for."""

from __future__ import annotations

import pytest
import torch
from segment_anything.modeling import MaskDecoder, PromptEncoder, Sam, TwoWayTransformer
from tiny_sam import tiny_sam
from torch import Tensor, nn

from samiam.generation.sam.decoder import FoldedDecoder


def sam_of(depth: int) -> Sam:
    """A network whose attention is sharp and whose biases matter, over 3 × 5 places."""
    torch.manual_seed(5)
    transformer = TwoWayTransformer(depth=depth, embedding_dim=32, num_heads=4, mlp_dim=48)
    prompts = PromptEncoder(embed_dim=32, image_embedding_size=(3, 5), input_image_size=(48, 80), mask_in_chans=8)
    sam = Sam(tiny_sam().image_encoder, prompts, MaskDecoder(transformer_dim=32, transformer=transformer)).eval()
    for name, values in sam.mask_decoder.named_parameters():
        if name.endswith("bias") or "norm" in name:
            nn.init.normal_(values)
        elif "attn" in name:
            values.data.mul_(3)
    return sam


def by_the_library(sam: Sam, embedding: Tensor, points_xy: Tensor) -> tuple[Tensor, Tensor]:
    prompts, dense = sam.prompt_encoder((points_xy[:, None], torch.ones(len(points_xy), 1)), None, None)
    masks, quality = sam.mask_decoder(embedding, sam.prompt_encoder.get_dense_pe(), prompts, dense, True)
    return masks, quality


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("n_prompts", [1, 5])
def test_it_is_the_librarys(depth: int, n_prompts: int) -> None:
    sam = sam_of(depth)
    embedding, points_xy = torch.randn(1, 32, 3, 5), torch.rand(n_prompts, 2) * 48
    with torch.inference_mode():
        masks, quality = by_the_library(sam, embedding, points_xy)
        decoder = FoldedDecoder(sam)
        decoded = decoder.decode(embedding, points_xy)
        torch.testing.assert_close(decoded.predicted_iou, quality, atol=1e-4, rtol=1e-4)
        chosen = torch.rand(n_prompts, 3) < 0.5
        drawn = decoder.logits(decoded, chosen)
        assert drawn.shape == (int(chosen.sum()), 12, 20)
        torch.testing.assert_close(drawn, masks[chosen], atol=1e-4, rtol=1e-4)


def test_what_is_not_chosen_is_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = FoldedDecoder(sam_of(2))
    decoded = decoder.decode(torch.randn(1, 32, 3, 5), torch.rand(4, 2) * 48)
    monkeypatch.setattr("samiam.generation.sam.decoder.upscaled", lambda *_: pytest.fail("nothing was chosen"))
    assert decoder.logits(decoded, torch.zeros(4, 3, dtype=torch.bool)).shape == (0, 12, 20)
