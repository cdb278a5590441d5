"""What is learnt beside the network travels on its card."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from samiam import build_encoder, build_generator, segment
from samiam.benchmark.variants import build_methods
from samiam.boosting import GroupingRules
from samiam.boosting.grouping import count_materials, suited_to
from samiam.commands.segment_settings import SegmentSettings
from samiam.commands.segmenting import SegmentJob
from samiam.compact.regions.evidence import EVIDENCE, EVIDENCE_OF_CHOICE
from samiam.compact.weights import shipped_calibration
from samiam.errors import InputError
from samiam.records import Micrograph
from samiam.registry import encoder_options_beside
from samiam.storage.weight_files import add_to_card, read_card, shipped_weights
from simulate import procedural_scene

SHIPPED = shipped_weights("compact")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The weights that ship, as if they were one's own."""
    path = tmp_path / "mine.safetensors"
    shutil.copy(SHIPPED, path)
    shutil.copy(SHIPPED.with_suffix(".json"), path.with_suffix(".json"))
    return path


@pytest.fixture
def changed(copied: Path) -> Path:
    """The same tensors with a calibration of their own."""
    calibration = read_card(copied)["calibration"]
    # Two of the tensors' four materials are taken for one, and every mask is rated lower.
    add_to_card(
        copied,
        calibration={
            **calibration,
            "quality": {**calibration["quality"], "constant": calibration["quality"]["constant"] - 1.5},
            "distance": 1.3,
        },
    )
    return copied


def image() -> Micrograph:
    return procedural_scene(1, shape_hw=(256, 256)).micrograph


def test_the_calibration_that_ships_by_hand() -> None:
    calibration = shipped_calibration()
    evidence = np.zeros(len(EVIDENCE))
    evidence[EVIDENCE.index("constant")], evidence[EVIDENCE.index("stability")] = 1, 0.5
    assert calibration.predicted_iou(evidence) == pytest.approx(1 / (1 + np.exp(-(2.295 + 0.5 * 0.967))))
    of_choice = np.zeros(len(EVIDENCE_OF_CHOICE))
    of_choice[EVIDENCE_OF_CHOICE.index("quality")] = 2
    assert calibration.preferred(of_choice) == pytest.approx(2 * 2.917)
    assert (calibration.estimator, calibration.distance) == ("distance", 0.508)


def test_own_weights_are_calibrated_by_their_own_card(changed: Path) -> None:
    shipped, own = segment(image()), segment(image(), generator=build_generator("compact", weights=changed))
    assert own.generated.predicted_iou.max() < shipped.generated.predicted_iou.max()
    encoder = build_encoder("compact", weights=changed)
    assert (encoder.estimator, encoder.distance) == ("distance", 1.3)
    counted = []
    for one in (build_encoder("compact"), encoder):
        vectors, owners = one.encode_masks(image(), shipped.generated)
        is_large = np.ones(len(owners), np.bool_)
        counted.append(count_materials(vectors, owners, is_large, suited_to(GroupingRules(), one)))
    assert counted == [shipped.n_materials, 1]
    assert shipped.n_materials > 1


def test_numbers_that_were_learnt_stand_on_the_card(changed: Path) -> None:
    assert build_encoder("compact").numbers_seen == ()
    add_to_card(changed, calibration={**read_card(changed)["calibration"], "numbers_seen": [0, 4, 1]})
    encoder = build_encoder("compact", weights=changed)
    assert encoder.numbers_seen == (0, 4, 1)
    assert suited_to(GroupingRules(), encoder).numbers_seen == (0, 4, 1)
    assert suited_to(GroupingRules(numbers_seen=()), encoder).numbers_seen == ()
    assert suited_to(GroupingRules(estimator="gap"), encoder).numbers_seen == ()


def test_provenance_tells_calibrations_apart(changed: Path) -> None:
    shipped, own = (build_generator("compact", **options).options for options in ({}, {"weights": changed}))
    assert own["weights_sha256"] == shipped["weights_sha256"]
    assert own["calibration_sha256"] != shipped["calibration_sha256"]


Spoil = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda card: card.pop("calibration"), "no calibration"),
        (
            lambda card: card["calibration"]["quality"].pop("margin"),
            "calibration.quality has no coefficient of 'margin'",
        ),
        (lambda card: card["calibration"]["preference"].update(hue=1.0), "preference: there is no evidence 'hue'"),
        (lambda card: card["calibration"]["quality"].update(margin="x"), "calibration.quality="),
        (lambda card: card["calibration"].pop("distance"), "calibration.distance is missing"),
        (lambda card: card["calibration"].update(distance=0), "calibration.distance=0"),
        (lambda card: card["calibration"].update(numbers_seen=[1, -1]), "calibration.numbers_seen"),
        (lambda card: card["calibration"].update(estimator="guess"), "calibration.estimator='guess'"),
        (lambda card: card["calibration"].update(mood=1), "no setting 'mood'"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(copied: Path, spoil: Spoil, message: str) -> None:
    card = read_card(copied)
    spoil(card)
    add_to_card(copied, **{"calibration": None, **card})
    for build in (build_generator, build_encoder):
        with pytest.raises(InputError) as caught:
            build("compact", weights=copied)
        told = str(caught.value)
        assert message in told
        assert told.startswith(f"{copied.with_suffix('.json')}: ")
        assert f"`python scripts/calibrate_compact.py --weights {copied}`" in told
        assert "\n" not in told


def test_a_missing_card_is_refused(copied: Path) -> None:
    copied.with_suffix(".json").unlink()
    with pytest.raises(InputError, match="no card of weights"):
        build_generator("compact", weights=copied)


class TestTheEncoderBesideAGenerator:
    def test_it_has_the_generators_weights_unless_it_has_its_own(self) -> None:
        mine = {"weights": "mine", "weights_sha256": "0" * 64, "most_splits": 3}
        wanted = {"weights": "mine", "weights_sha256": "0" * 64}
        assert encoder_options_beside("compact", mine, "compact", {}) == wanted
        on_cpu = {**mine, "device": "cpu"}
        assert encoder_options_beside("compact", on_cpu, "compact", {}) == {**wanted, "device": "cpu"}
        own = {"weights": "other"}
        assert encoder_options_beside("compact", on_cpu, "compact", own) == {**own, "device": "cpu"}
        assert encoder_options_beside("compact", on_cpu, "compact", {"device": "auto"}) == {**wanted, "device": "auto"}
        assert encoder_options_beside("compact", mine, "fenet", {}) == {}
        assert encoder_options_beside("texture", {}, "compact", {}) == {}

    def test_on_the_command_line(self, changed: Path) -> None:
        job = SegmentJob.of(SegmentSettings(generator_options={"weights": str(changed)}))
        assert job.config["booster"]["grouping"]["threshold"] == 1.3

    def test_in_a_benchmark(self, changed: Path) -> None:
        own = {
            "generator": {"name": "compact", "options": {"weights": str(changed)}},
            "encoder": {"name": "compact", "options": {}},
            "booster": {},
            "n_materials": "estimated",
        }
        variants = {"mine": {}, "shipped": {"encoder": {"options": {"weights": str(SHIPPED)}}}}
        mine, shipped = build_methods(own, variants, [0]).present
        assert mine.booster.options["grouping"]["threshold"] == 1.3
        assert shipped.booster.options["grouping"]["threshold"] == 0.508
        assert mine.generator is shipped.generator


def test_a_calibration_is_a_value() -> None:
    first = shipped_calibration()
    assert replace(first, distance=0.508).sha256 == first.sha256
    assert replace(first, distance=0.5).sha256 != first.sha256
