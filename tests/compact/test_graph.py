"""Without torch the networks that ship see what they see with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from samiam.compact.committee import in_use
from samiam.compact.generator import CompactGenerator
from samiam.compact.graph import FieldRunner
from samiam.compact.looks import seen_by
from samiam.compact.model import CompactModel
from samiam.compact.network import FieldNetwork, evened, standardised
from samiam.compact.prepared import Prepared
from samiam.compact.settings import CompactOptions, CompactWeights, FieldSize
from samiam.compact.sights import read_sight
from samiam.compact.spectra import window_spectra
from samiam.compact.weights import load_model, shipped_calibration
from samiam.pipeline import segment
from samiam.storage.weight_files import seeded, shipped_weights
from simulate import procedural_scene
from simulate.scenes.benchmark import QUICK, benchmark_scene

SHAPES = [(96, 160), (64, 64), (16, 48)]
CLOSE = 1e-4
"""Between vectors."""
SAME = 1e-4
"""Share of the pixels whose labels may differ."""


def pixels(shape_hw: tuple[int, int]) -> NDArray[np.float32]:
    return np.array(procedural_scene(2, shape_hw=(160, 160)).micrograph.pixels[: shape_hw[0], : shape_hw[1]])


def on_torch() -> CompactModel:
    return CompactModel(in_use(read_sight(shipped_weights("compact"))), shipped_calibration())


@pytest.mark.parametrize("shape_hw", SHAPES)
@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_prepared(shape_hw: tuple[int, int], sign: int) -> None:
    image = Prepared((sign * pixels(shape_hw)).astype(np.float32))
    wanted = standardised(torch.from_numpy(image.pixels)[None, None])
    np.testing.assert_allclose(image.standardised, wanted[0, 0], atol=1e-5)
    np.testing.assert_allclose(image.evened, evened(wanted)[0, 0], atol=1e-5)
    half = torch.nn.functional.avg_pool2d(wanted, 2)
    for found, whole, stride_px in zip(image.spectra, (wanted, half), (16, 8), strict=True):
        np.testing.assert_allclose(found, window_spectra(whole, stride_px)[0], atol=CLOSE)


def test_an_even_image_stays_finite() -> None:
    image = Prepared(np.full((32, 32), 0.7, np.float32))
    assert np.abs(image.standardised).max() < 1e-2
    assert all(np.isfinite(found).all() for found in (image.evened, *image.spectra))


@pytest.mark.parametrize("shape_hw", SHAPES)
def test_looks_agree(shape_hw: tuple[int, int]) -> None:
    found, wanted = (model.look(pixels(shape_hw)) for model in (load_model(CompactWeights(device="cpu")), on_torch()))
    for name in ("vectors", "grain_vectors", "boundaries", "grain_boundaries"):
        np.testing.assert_allclose(getattr(found, name), getattr(wanted, name), atol=CLOSE, err_msg=name)


@pytest.mark.parametrize("threads", [2, 4])
def test_a_look_is_the_same_by_any_number_of_threads(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    looks = []
    for n in (1, threads):
        monkeypatch.setattr("samiam.threads._all_threads", lambda n=n: n)
        looks.append(load_model(CompactWeights(device="cpu")).look(pixels((200, 312))))
    for name in ("vectors", "grain_vectors", "boundaries", "grain_boundaries"):
        np.testing.assert_array_equal(*(getattr(look, name) for look in looks), err_msg=name)


def test_any_size_of_network() -> None:
    size = FieldSize((8, 16, 24), (1, 2, 3), 3)
    network: FieldNetwork = seeded(3, lambda: FieldNetwork(size)).eval()
    for module in network.modules():  # as random as what was learnt
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.running_mean)  # type: ignore[arg-type]
            for tensor in (module.running_var, module.weight, module.bias):
                torch.nn.init.uniform_(tensor, 0.5, 2)  # type: ignore[arg-type]
    state = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    image = Prepared(pixels((96, 160)))
    (wanted,) = {view.network: view.network(image) for view in in_use(network)}.values()
    for found, maps in zip(FieldRunner(state, size)(image), wanted, strict=True):
        np.testing.assert_allclose(found, maps, atol=CLOSE)
    with pytest.raises(ValueError, match=r"stem\.0\.weight is \(4, 2, 5, 5\), not \(8, 2, 5, 5\)"):
        FieldRunner(state, replace(size, widths=(16, 16, 24)))
    with pytest.raises(ValueError, match=r"fine\.1"):
        FieldRunner(state, replace(size, depths=(2, 2, 3)))
    with pytest.raises(ValueError, match=r"middle\.1.* is unknown"):
        FieldRunner(state, replace(size, depths=(1, 1, 3)))


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_labels_agree_on_the_quick_scenes(name: str) -> None:
    micrograph = benchmark_scene(name).micrograph
    models = (load_model(CompactWeights(device="cpu")), on_torch())
    first, second = (
        segment(micrograph, generator=CompactGenerator(model, CompactOptions())).labels for model in models
    )
    assert np.mean(first != second) <= SAME


def test_a_runner_can_be_sent_to_another_process() -> None:
    import pickle

    model = load_model(CompactWeights(device="cpu"))
    sent = pickle.loads(pickle.dumps(model.views[0].network))
    image = Prepared(pixels((64, 64)))
    for found, wanted in zip(sent(image), model.views[0].network(image), strict=True):
        np.testing.assert_array_equal(found, wanted)
    assert seen_by(model.views, image.pixels).scale == 2
