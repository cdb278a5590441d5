"""The encoder in tiles gives what the library's gives, whatever the tiles, the windows and the biases."""

from __future__ import annotations

import pytest
import torch
from segment_anything.modeling import ImageEncoderViT
from torch import nn

from samiam.generation.sam import attention
from samiam.generation.sam.encoder import TiledEncoder


def tiny_encoder(window_size: int, use_rel_pos: bool = True, qkv_bias: bool = True) -> ImageEncoderViT:
    """8 × 8 tokens, one block with windows and one without; biases that matter, as those of trained weights do."""
    torch.manual_seed(3)
    encoder = ImageEncoderViT(
        img_size=64,
        patch_size=8,
        embed_dim=32,
        depth=2,
        num_heads=4,
        out_chans=16,
        qkv_bias=qkv_bias,
        use_rel_pos=use_rel_pos,
        window_size=window_size,
        global_attn_indexes=(1,),
    )
    for name, values in encoder.named_parameters():
        if "rel_pos" in name or "bias" in name or "pos_embed" in name:
            nn.init.normal_(values)
    return encoder.eval()


IMAGES = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))


@torch.inference_mode()
def assert_the_librarys(encoder: ImageEncoderViT) -> None:
    torch.testing.assert_close(TiledEncoder(encoder)(IMAGES), encoder(IMAGES), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("window_size", [0, 3, 4, 8, 11])
@pytest.mark.parametrize("scores_at_once", [1, 8**3, 3 * 8**3, 2**19])
def test_it_is_the_librarys(window_size: int, scores_at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(attention._SCORES_AT_ONCE, "cpu", scores_at_once)
    assert_the_librarys(tiny_encoder(window_size))


@pytest.mark.parametrize("change", [{"use_rel_pos": False}, {"qkv_bias": False}])
def test_without_biases(change: dict[str, bool]) -> None:
    assert_the_librarys(tiny_encoder(3, **change))


@torch.inference_mode()
def test_bfloat16_is_near_and_float32_comes_out() -> None:
    encoder = tiny_encoder(3)
    exact = encoder(IMAGES)
    found = TiledEncoder(encoder.to(torch.bfloat16))(IMAGES)
    assert found.dtype == torch.float32
    assert 0 < (found - exact).abs().max() < 0.3


@pytest.mark.slow
@torch.inference_mode()
@pytest.mark.parametrize(("embed_dim", "n_heads"), [(768, 12), (1024, 16), (1280, 16)])
@pytest.mark.parametrize("whole", [(), (0,)])
def test_blocks_of_the_published_sizes(embed_dim: int, n_heads: int, whole: tuple[int, ...]) -> None:
    """ViT-B, L and H, in windows and not."""
    torch.manual_seed(1)
    encoder = ImageEncoderViT(
        embed_dim=embed_dim, depth=1, num_heads=n_heads, use_rel_pos=True, window_size=14, global_attn_indexes=whole
    ).eval()
    for table in (encoder.blocks[0].attn.rel_pos_h, encoder.blocks[0].attn.rel_pos_w):
        nn.init.normal_(table, std=0.3)
    image = torch.randn(1, 3, 1024, 1024)
    torch.testing.assert_close(TiledEncoder(encoder)(image), encoder(image), atol=1e-4, rtol=1e-4)
