from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from samiam.texture.fenet import EMBEDDING, FENet


def images(n: int, side: int = 96, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, 3, side, side, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def network() -> FENet:
    torch.manual_seed(0)
    return FENet(47).eval()


def test_parameters_are_as_many_as_published(network: FENet) -> None:
    assert sum(parameter.numel() for parameter in network.parameters()) == 11_984_896


def test_only_the_gaussians_and_what_is_unused_are_fixed(network: FENet) -> None:
    fixed = [name for name, parameter in network.named_parameters() if not parameter.requires_grad]
    gaussians = [f"fractal.density.kernels.{index}" for index in range(6)]
    assert fixed == ["backbone.fc.weight", "backbone.fc.bias", *gaussians]


def test_three_stages_take_smaller_crops_and_a_quarter_of_the_parameters() -> None:
    network = FENet(None, stages=3).eval()
    assert network.features(images(1, 64)).shape == (1, 256, 4, 4)
    assert network.embed(images(2, 33)).shape == (2, EMBEDDING)
    assert 3.9 < 11_984_896 / sum(parameter.numel() for parameter in network.parameters()) < 4


def test_a_network_without_classes_gives_unit_vectors() -> None:
    network = FENet(None, stages=3).eval()
    with torch.inference_mode():
        embedded = network.embed(images(2))
        assert torch.allclose(network(images(2)), functional.normalize(embedded), atol=1e-6)


@pytest.mark.parametrize("backbone", ["resnet18", "resnet50"])
def test_shapes(backbone: str) -> None:
    network = FENet(5, backbone).eval()  # type: ignore[arg-type]
    with torch.inference_mode():
        assert network(images(2)).shape == (2, 5)
        assert network.embed(images(1, 224)).shape == (1, EMBEDDING)


def test_fifteen_by_fifteen_maps_at_the_papers_size(network: FENet) -> None:
    with torch.inference_mode():
        features = network.features(images(1, 224))
        assert features.shape == (1, 512, 7, 7)
        assert network.reduce(network.upsample(features)).shape == (1, 3, 15, 15)


def test_an_embedding_does_not_depend_on_the_batch(network: FENet) -> None:
    batch = images(4)
    batch[1] *= 100
    with torch.inference_mode():
        together, alone = network.embed(batch), torch.cat([network.embed(one[None]) for one in batch])
    assert torch.allclose(together, alone, rtol=1e-4, atol=1e-6)


def test_the_classifier_sees_the_normalised_embedding(network: FENet) -> None:
    with torch.inference_mode():
        embedded = network.embed(images(3))
        expected = functional.linear(
            embedded / embedded.norm(dim=1, keepdim=True), network.classifier.weight, network.classifier.bias
        )
        assert torch.allclose(network(images(3)), expected, atol=1e-6)
    assert embedded.norm(dim=1).std() > 1e-6


def test_the_joint_descriptor_is_an_outer_product(network: FENet) -> None:
    joint: list[torch.Tensor] = []
    handle = network.embedding.register_forward_pre_hook(lambda _, inputs: joint.append(inputs[0]))
    with torch.inference_mode():
        network.embed(images(2))
        handle.remove()
        features = network.features(images(2))
        maps = network.reduce(network.upsample(features))
        spatial = torch.cat([network.fractal(maps[:, index : index + 1]) for index in range(3)], dim=1)
        average = network.average(functional.adaptive_avg_pool2d(features, 1).flatten(1))
    assert joint[0].shape == (2, 45 * 45)
    assert torch.allclose(joint[0].norm(dim=1), torch.ones(2))
    expected = spatial[:, :, None] * average[:, None, :]
    expected = expected / expected.norm(dim=(1, 2), keepdim=True)
    assert torch.allclose(joint[0].reshape(2, 45, 45), expected, atol=1e-6)


def test_every_trained_part_gets_a_gradient() -> None:
    torch.manual_seed(0)
    network = FENet(3)
    functional.cross_entropy(network(images(4)), torch.tensor([0, 1, 2, 0])).backward()  # type: ignore[no-untyped-call]
    without = {
        name
        for name, parameter in network.named_parameters()
        if parameter.requires_grad and (parameter.grad is None or not parameter.grad.abs().sum() > 0)
    }
    # A normalisation that follows at once takes away what these add.
    assert without <= {"reduce.0.bias", "average.0.bias", "upsample.bias"}
