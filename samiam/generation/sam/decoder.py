"""The mask decoder: the library's tokens and masks, at a third of its arithmetic and only where a mask is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from segment_anything.modeling import Sam
from segment_anything.modeling.transformer import TwoWayAttentionBlock, TwoWayTransformer
from torch import Tensor

from samiam.generation.sam.cross_attention import Positions, places_to_tokens, tokens_to_places
from samiam.generation.sam.upscaling import upscaled


@dataclass(frozen=True, eq=False)
class Decoded:
    """What prompts mean in an image, before any mask is drawn.

    Attributes:
        predicted_iou: float32 (B, M), the quality that is expected of each of the masks of a prompt.
        tokens: (B, M, C), one for each mask.
        places: (B, N, C), the image as each prompt lets it be seen.
    """

    predicted_iou: Tensor
    tokens: Tensor
    places: Tensor


class FoldedDecoder:
    """The mask decoder of a network, for clicks; what it gives is the library's but for rounding.

    Args:
        sam: the network, on its device; its weights are shared.
    """

    def __init__(self, sam: Sam) -> None:
        self._sam = sam
        transformer = cast("TwoWayTransformer", sam.mask_decoder.transformer)
        with torch.inference_mode():
            encodings = _by_place(sam.prompt_encoder.get_dense_pe())[0]
            self._layers = [_Layer.of(cast("TwoWayAttentionBlock", block), encodings) for block in transformer.layers]
            self._last = Positions.of(transformer.final_attn_token_to_image, encodings)

    @torch.inference_mode()
    def decode(self, embedding: Tensor, points_xy: Tensor) -> Decoded:
        """Ask for what lies under each of some points.

        Args:
            embedding: (1, C, h, w), of the image.
            points_xy: (B, 2), in pixels of what the encoder saw.
        """
        decoder = self._sam.mask_decoder
        labels = torch.ones(len(points_xy), 1, dtype=torch.int, device=points_xy.device)
        prompts, no_mask = self._sam.prompt_encoder((points_xy[:, None], labels), None, None)
        outputs = torch.cat([decoder.iou_token.weight, decoder.mask_tokens.weight])
        given = torch.cat([outputs.expand(len(prompts), -1, -1), prompts], dim=1)
        tokens, places = given, _by_place(embedding + no_mask[:1])
        for layer in self._layers:
            tokens, places = layer.passed(tokens, places, given)
        transformer = cast("TwoWayTransformer", decoder.transformer)
        seen = tokens_to_places(transformer.final_attn_token_to_image, tokens + given, places, self._last)
        tokens = transformer.norm_final_attn(tokens + seen)
        # The first of the masks is the one for prompts that leave no doubt, which a click is not.
        predicted_iou = decoder.iou_prediction_head(tokens[:, 0])[:, 1:]
        return Decoded(predicted_iou, tokens[:, 2 : 1 + decoder.num_mask_tokens], places)

    @torch.inference_mode()
    def logits(self, decoded: Decoded, chosen: Tensor) -> Tensor:
        """Draw some of the masks.

        Args:
            decoded: of B prompts with M masks each.
            chosen: bool (B, M), which of them.

        Returns:
            (K, 4 h, 4 w), above 0 inside, in the order of prompts and of each prompt's masks.
        """
        decoder = self._sam.mask_decoder
        height, width = self._sam.prompt_encoder.image_embedding_size
        drawn = [decoded.places.new_empty(0, 4 * height, 4 * width)]
        for prompt in chosen.any(dim=1).nonzero()[:, 0].tolist():
            wanted = chosen[prompt].nonzero()[:, 0].tolist()
            heads = [decoder.output_hypernetworks_mlps[1 + mask](decoded.tokens[prompt, mask]) for mask in wanted]
            drawn.append(upscaled(decoder.output_upscaling, decoded.places[prompt], torch.stack(heads), height))
        return torch.cat(drawn)


@dataclass(frozen=True, eq=False)
class _Layer:
    """A layer of the transformer, and what positions add to the scores of its attentions."""

    block: TwoWayAttentionBlock
    to_places: Positions
    to_tokens: Positions

    @classmethod
    def of(cls, block: TwoWayAttentionBlock, encodings: Tensor) -> _Layer:
        as_queries = Positions.of(block.cross_attn_image_to_token, encodings, as_queries=True)
        return cls(block, Positions.of(block.cross_attn_token_to_image, encodings), as_queries)

    def passed(self, tokens: Tensor, places: Tensor, given: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens (B, T, C) and places (B or 1, N, C) after the layer; `given` tells the positions of tokens."""
        block = self.block
        if block.skip_first_layer_pe:
            tokens = block.self_attn(tokens, tokens, tokens)
        else:
            tokens = tokens + block.self_attn(tokens + given, tokens + given, tokens)
        tokens = block.norm1(tokens)
        seen = tokens_to_places(block.cross_attn_token_to_image, tokens + given, places, self.to_places)
        tokens = block.norm2(tokens + seen)
        tokens = block.norm3(tokens + block.mlp(tokens))
        attention = block.cross_attn_image_to_token
        places = block.norm4(places_to_tokens(attention, tokens + given, tokens, places, self.to_tokens))
        return tokens, places


def _by_place(maps: Tensor) -> Tensor:
    """(B, C, h, w) -> (B, h w, C)."""
    return maps.flatten(2).mT.contiguous()
