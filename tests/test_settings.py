"""Settings: how they are declared, read and refused; and that every class of them keeps what its declaration says."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Iterator
from dataclasses import field
from pathlib import Path
from pkgutil import resolve_name
from typing import Annotated, Any, Literal, get_args, get_origin

import numpy as np
import pytest
from pydantic import Field
from pydantic.fields import FieldInfo

from samiam.compact.regions.evidence import EVIDENCE, EVIDENCE_OF_CHOICE
from samiam.errors import InputError
from samiam.settings import (
    Alike,
    Count,
    Rising,
    RunSeed,
    Share,
    declared,
    described,
    did_you_mean,
    is_of_run,
    is_settings,
    read_settings,
    settings,
)
from samiam.texture.confidence import EVIDENCE_OF_REGION
from simulate.specimen.layers import Layer


@settings
class Ring:
    """A ring.

    Attributes:
        radius: how far
            out.
    """

    radius: Annotated[float, Field(gt=0, lt=9)] = 1.0

    def __post_init__(self) -> None:
        if self.radius == 7:
            raise InputError("radius=7: give a luckier number.")


@settings
class Made:
    """Settings of every kind.

    Attributes:
        whole: a number.
        kind: a or b.
    """

    whole: int = 1
    count: Count = 1
    real: float = 0.5
    share: Share | None = None
    flag: bool = False
    sizes: tuple[float, ...] = (1.0,)
    shape: tuple[int, int] = (1, 1)
    pair: Annotated[tuple[Share, Share], Rising] = (0.1, 0.2)
    sides: Annotated[tuple[int, int], Alike] = (1, 1)
    named: tuple[str, float] = ("x", 1.0)
    several: Annotated[tuple[int, ...], Field(min_length=1)] = (1,)
    endless: Annotated[float, Field(ge=0, allow_inf_nan=True)] = 1.0
    kind: Literal["a", "b"] = "a"
    ring: Ring = field(default_factory=Ring)
    seed: RunSeed = 0


@pytest.mark.parametrize(
    ("options", "values"),
    [
        ({"whole": 3, "real": 2, "flag": True}, {"whole": 3, "real": 2.0, "flag": True}),
        ({"whole": np.int64(3), "real": np.float32(0.5)}, {"whole": 3, "real": 0.5}),
        ({"sizes": [2, 3.5]}, {"sizes": (2.0, 3.5)}),
        ({"sizes": []}, {"sizes": ()}),
        ({"named": ["a", 2]}, {"named": ("a", 2.0)}),
        ({"share": None, "kind": "b"}, {"share": None, "kind": "b"}),
        ({"endless": float("inf")}, {"endless": float("inf")}),
        ({"ring": {"radius": 2}}, {"ring": Ring(2.0)}),
        ({"ring": None}, {"ring": Ring()}),
        ({"pair": [0.5, 0.5]}, {"pair": (0.5, 0.5)}),
    ],
)
def test_what_fits(options: dict[str, Any], values: dict[str, Any]) -> None:
    read = read_settings(Made, "the thing", options)
    assert {name: getattr(read, name) for name in values} == values
    assert read == Made(**options)
    assert pickle.loads(pickle.dumps(read)) == read


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"whole": 2.5}, "whole=2.5: give a whole number."),
        ({"whole": True}, "whole=True: give a whole number."),
        ({"count": 0}, "count=0: give a whole number, 1 or more."),
        ({"real": "x"}, "real='x': give a number."),
        ({"real": float("nan")}, "real=nan: give a number."),
        ({"real": float("inf")}, "real=inf: give a number."),
        ({"share": 1.1}, "share=1.1: give a number from 0 to 1 or null."),
        ({"flag": 1}, "flag=1: give true or false."),
        ({"sizes": 3.0}, "sizes=3.0: give a list, each a number."),
        ({"sizes": [1, "x"]}, "sizes=[1, 'x']: give a list, each a number."),
        ({"shape": [1, 2, 3]}, "shape=[1, 2, 3]: give a list of 2, each a whole number."),
        (
            {"pair": [0.3, 0.2]},
            "pair=[0.3, 0.2]: give a list of 2, each a number from 0 to 1, none below the one before.",
        ),
        ({"sides": [2, 3]}, "sides=[2, 3]: give a list of 2, each a whole number, all of them equal."),
        ({"named": ["a"]}, "named=['a']: give a list of text, a number."),
        ({"several": []}, "several=[]: give a list, each a whole number, one at least."),
        ({"kind": "c"}, "kind='c': give a or b."),
        ({"ring": 3}, "ring=3: give settings by name, as {name: value}."),
        ({"ring": {"radius": 9}}, "ring.radius=9: give a number above 0 and below 9."),
        ({"ring": {"radius": 7}}, "ring.radius=7: give a luckier number."),
        ({"seed": 3}, "seed: all draws have the seed of the run; give seed=3 instead."),
    ],
)
def test_what_does_not(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_settings(Made, "the.thing", options)
    assert str(caught.value) == f"the.thing.{message}"
    if "seed" not in options:
        with pytest.raises(InputError) as caught:
            Made(**options)
        assert str(caught.value) == message


def test_unknown_names() -> None:
    with pytest.raises(InputError, match=r"^thing has no setting 'hole'; did you mean 'whole'\? It has whole, count, "):
        read_settings(Made, "thing", {"hole": 1})
    with pytest.raises(InputError, match=r"^thing\.ring has no setting 'x'\. It has radius\.$"):
        read_settings(Made, "thing", {"ring": {"x": 1}})
    with pytest.raises(InputError, match=r"^Made has no setting 'hole'"):
        Made(hole=1)  # type: ignore[call-arg]
    with pytest.raises(InputError, match=r"^thing=3: give settings by name"):
        read_settings(Made, "thing", 3)
    assert did_you_mean("TEXTUR", ["texture", "compact"]) == "; did you mean 'texture'?"
    assert did_you_mean("x", ["texture"]) == ""


def test_settings_stay_what_they_are() -> None:
    made = Made()
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.whole = 2  # type: ignore[misc]
    with pytest.raises(InputError, match="count=0"):
        dataclasses.replace(made, count=0)
    assert Ring(radius=2) != Ring()
    assert len({Ring(), Ring(1.0), Ring(2.0)}) == 2


def test_what_is_said_of_them() -> None:
    found = {one.name: one for one in described(Made)}
    assert (found["whole"].default, found["kind"].meaning) == ("1", "a or b.")
    assert (found["share"].default, found["pair"].default, found["flag"].default) == ("null", "[0.1, 0.2]", "false")
    assert described(Ring)[0].meaning == "how far out."


ROOT = Path(__file__).parents[1]
# Every class of settings that there is.
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for package in ("samiam", "simulate")
    for path in sorted((ROOT / package).rglob("*.py"))
    if "\n@settings\n" in path.read_text(encoding="utf-8")
]
KINDS = [
    kind
    for module in MODULES
    for kind in vars(resolve_name(module)).values()
    if is_settings(kind) and kind.__module__ == module
]
# What has to be given, by name of the class.
GIVEN: dict[str, dict[str, Any]] = {
    "ProceduralBenchmark": {"name": "procedural"},
    "EffectsBenchmark": {"name": "effects"},
    "RealisticBenchmark": {"name": "realistic"},
    "LabelledBenchmark": {"name": "labelled", "folder": "x"},
    "ZenodoBenchmark": {"name": "zenodo"},
    "ParticlesBenchmark": {"name": "particles"},
    "PolarBenchmark": {"name": "polar"},
    "GeneratorChoice": {"name": "texture"},
    "EncoderChoice": {"name": "spectrum"},
    "LatticeCrops": {"name": "lattices"},
    "WholeLattices": {"name": "whole_scenes"},
    "Textures": {"name": "dtd"},
    "SimulatedCrops": {"name": "simulated_crops"},
    "ParticleScenes": {"name": "particle_scenes"},
    "ParticleSettings": {"name": "particles"},
    "ParticleRegions": {"name": "particle_regions"},
    "LabyrinthFrames": {"name": "labyrinths"},
    "LabelledVideo": {"name": "labelled_video"},
    "PolarSettings": {"name": "polar"},
    "LabelledImages": {"name": "labelled", "folder": "x"},
    "FineTuningSettings": {"name": "fine_tuning"},
    "LimitedSettings": {"name": "polar_limited_labels"},
    "FaultSettings": {"name": "faults"},
    "ContrastiveSettings": {"name": "contrastive"},
    "FieldSettings": {"name": "field"},
    "ClassificationSettings": {"name": "classification"},
    "Calibration": {
        "quality": dict.fromkeys(EVIDENCE, 0.0),
        "preference": dict.fromkeys(EVIDENCE_OF_CHOICE, 0.0),
        "estimator": "distance",
        "distance": 0.5,
        "same_material": [1.0, 0.0, 0.0, 0.0, 0.0],
        "same_grain": [1.0, 0.0, 0.0, 0.0, 0.0],
        "confidence": dict.fromkeys(EVIDENCE_OF_REGION, 0.0),
    },
    "OpenSet": {"temperature": 1.0, "confidence": 0.5},
    "Acquisition": {"scan": {"shape_hw": [8, 8], "pixel_size_A": 0.1}, "dose_e_per_A2": 1e4},
    "Boundary": {"kind": "grain", "x_A": 0.0},
    "Detector": {"dose_e_per_A2": 1e4},
    "Dopant": {"site": "A", "donor": "LaFeO3", "fraction": 0.1},
    "Layer": {"material": "Ge"},
    "Material": {"name": "mine", "host": "Ge"},
    "Scan": {"shape_hw": [8, 8], "pixel_size_A": 0.1},
    "Specimen": {"layers": (Layer("Ge"),)},
    "TrainSettings": {"data": {"name": "lattices"}, "learner": {"name": "contrastive"}},
}


def facts_of(hint: Any) -> dict[str, Any]:
    """Bounds within an annotation, itself or one of a union."""
    for one in (hint, *get_args(hint)):
        if get_origin(one) is Annotated and get_args(one)[0] in (int, float):
            pieces = [fact for piece in get_args(one)[1:] for fact in getattr(piece, "metadata", [piece])]
            bounds = {
                end: getattr(fact, end) for fact in pieces for end in ("ge", "gt", "le", "lt") if hasattr(fact, end)
            }
            return {"type": get_args(one)[0], **bounds}
    return {}


def values_beyond(facts: dict[str, Any]) -> Iterator[Any]:
    """Numbers just outside of the bounds, and what is no number."""
    step = 1 if facts["type"] is int else 1e-3
    yield from (facts["gt"], facts["gt"] - step) if "gt" in facts else ()
    yield from (facts["ge"] - step,) if "ge" in facts else ()
    yield from (facts["lt"], facts["lt"] + step) if "lt" in facts else ()
    yield from (facts["le"] + step,) if "le" in facts else ()
    yield from (True, "one", float("nan"))
    if facts["type"] is int:
        yield facts.get("ge", 1) + 0.5


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
class TestEveryClass:
    def test_every_setting_has_a_meaning(self, kind: type) -> None:
        assert [one.name for one in described(kind) if not one.meaning] == []
        assert not any(isinstance(hint, FieldInfo) for hint in declared(kind).values())

    def test_its_defaults_are_what_it_takes(self, kind: type) -> None:
        made = kind(**GIVEN.get(kind.__name__, {}))
        assert dataclasses.replace(made, **{name: getattr(made, name) for name in declared(kind)}) == made

    def test_what_lies_beyond_the_bounds_is_refused(self, kind: type) -> None:
        given = GIVEN.get(kind.__name__, {})
        for name, hint in declared(kind).items():
            facts = facts_of(hint)
            for value in values_beyond(facts) if facts else ():
                with pytest.raises(InputError) as caught:
                    kind(**{**given, name: value})
                assert str(caught.value).startswith(f"{name}={value!r}: give ")

    def test_words_are_those_that_are_listed(self, kind: type) -> None:
        for name, hint in declared(kind).items():
            if get_origin(hint) is Literal:
                with pytest.raises(InputError, match=f"^{name}='nope': give "):
                    kind(**{**GIVEN.get(kind.__name__, {}), name: "nope"})

    def test_a_misspelt_setting_is_refused_and_the_right_one_named(self, kind: type) -> None:
        for name, hint in declared(kind).items():
            if len(name) > 3 and not is_of_run(hint):
                with pytest.raises(InputError, match=f"has no setting '{name}x'; did you mean '{name}'"):
                    read_settings(kind, "here", {f"{name}x": 1})
