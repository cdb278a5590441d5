from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from samiam.networks.unet import PaddedNetwork, PaperUNet, UNet, build_unet, fused
from samiam.storage.weight_files import seeded

HEADS = {"one": 1, "three": 3}


def network(variant: str = "ours") -> PaddedNetwork:
    made: PaddedNetwork = seeded(0, lambda: build_unet(variant, HEADS))  # type: ignore[arg-type]
    return made.eval()


@pytest.mark.parametrize("variant", ["ours", "paper"])
@pytest.mark.parametrize("shape_hw", [(1, 1), (31, 33), (64, 96), (50, 7)])
def test_any_size(variant: str, shape_hw: tuple[int, int]) -> None:
    with torch.inference_mode():
        found = network(variant)(torch.rand(2, 1, *shape_hw))
    assert {name: tuple(maps.shape) for name, maps in found.items()} == {
        "one": (2, 1, *shape_hw),
        "three": (2, 3, *shape_hw),
    }


def test_an_image_of_several_channels() -> None:
    made = seeded(0, lambda: build_unet("ours", HEADS, channels=3)).eval()
    image = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        found, other = made(image)["one"], made(image.flip(1))["one"]
    assert found.shape == (1, 1, 32, 32)
    assert not torch.allclose(found, other)


@pytest.mark.parametrize("variant", ["ours", "paper"])
def test_what_is_added_beyond_the_border_repeats_it(variant: str) -> None:
    made = network(variant)
    image = torch.rand(1, 1, 40, 50, generator=torch.Generator().manual_seed(0))
    rows, columns = (torch.arange(-(-side // made.stride) * made.stride).clamp(max=side - 1) for side in (40, 50))
    with torch.inference_mode():
        found, padded = made(image)["three"], made(image[:, :, rows][..., columns])["three"]
    assert torch.allclose(found, padded[..., :40, :50], atol=1e-6)


def test_it_moves_with_the_image_by_whole_strides() -> None:
    made = network()
    image = torch.rand(1, 1, 640, 640, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        whole, part = made(image)["one"], made(image[..., 32:, 64:])["one"]
    assert torch.allclose(whole[..., 288:352, 320:384], part[..., 256:320, 256:320], atol=1e-5)


def test_sizes_and_paper_s_filters() -> None:
    ours, paper = (sum(p.numel() for p in network(name).parameters()) for name in ("ours", "paper"))
    assert (round(ours / 1e6, 2), round(paper / 1e3)) == (0.92, 65)


def test_the_paper_s_network_against_its_description() -> None:
    """Written again, layer by layer, from what the authors' code does; weights are taken from ours."""
    made = seeded(1, lambda: PaperUNet({"particle": 2})).eval()
    for index, (name, values) in enumerate(made.state_dict().items()):
        if "running" in name or name.endswith(("1.weight", "1.bias")):  # batch norms are not to be the identity
            generator = torch.Generator().manual_seed(index)
            values.copy_(0.5 + torch.rand(values.shape, generator=generator))
    image = torch.rand(1, 1, 32, 48, generator=torch.Generator().manual_seed(2))
    weights = made.state_dict()

    def normed(values: Tensor, name: str) -> Tensor:
        values = functional.conv2d(values, weights[f"{name}.0.weight"], weights[f"{name}.0.bias"], padding=1)
        mean, variance = weights[f"{name}.1.running_mean"], weights[f"{name}.1.running_var"]
        scaled = (values - mean[:, None, None]) / (variance[:, None, None] + 1e-4).sqrt()
        return scaled * weights[f"{name}.1.weight"][:, None, None] + weights[f"{name}.1.bias"][:, None, None]

    with torch.inference_mode():
        before, handed = image, []
        for level in range(4):
            before = normed(before, f"down.{level}")
            handed.append(before.relu())
            before = functional.max_pool2d(before, 2, 2)
        values = normed(normed(before, "centre.0").relu(), "centre.2").relu()
        for level in (3, 2, 1, 0):
            values = torch.cat([handed[level], values.repeat_interleave(2, 2).repeat_interleave(2, 3)], dim=1)
            values = normed(normed(values, f"up.{level}.0").relu(), f"up.{level}.3").relu()
        expected = functional.conv2d(values, weights["head.weight"], weights["head.bias"])
        assert torch.allclose(made(image)["particle"], expected, atol=1e-5)


@pytest.mark.parametrize("variant", ["ours", "paper"])
def test_fused_it_says_the_same(variant: str) -> None:
    made = network(variant)
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-1, 1)  # type: ignore[union-attr]
            module.running_var.uniform_(0.5, 2)  # type: ignore[union-attr]
    image, faster = torch.rand(1, 1, 64, 64), fused(made)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in faster.modules())
    with torch.inference_mode():
        assert torch.allclose(made(image)["three"], faster(image)["three"], atol=1e-5)


def test_several_channels_and_widths() -> None:
    made = UNet({"a": 2}, widths=(4, 8), channels=3)
    assert made(torch.rand(1, 3, 9, 9))["a"].shape == (1, 2, 9, 9)
