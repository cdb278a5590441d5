"""The whole booster on a small made micrograph: two lattices and an amorphous film above unsegmented vacuum."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from samiam import segment
from samiam.boosting import CropRules, GroupingRules, RemovalRules, SemanticBooster, build_booster
from samiam.errors import InputError
from samiam.records import Decision, Masks, Micrograph, Segmentation
from samiam.registry import DEFAULT_ENCODER, build_encoder, build_generator
from samiam.texture import Answers, Encoder
from samiam.texture.pose import Pose
from samiam.texture.protocol import Estimator
from simulate import procedural_scene

Bools = NDArray[np.bool_]
SHAPE_HW = (192, 192)
COARSE, FINE, FILM, VACUUM = range(4)


def area(top: int, bottom: int, left: int, right: int) -> Bools:
    mask = np.zeros(SHAPE_HW, bool)
    mask[top:bottom, left:right] = True
    return mask


def lattice(period_px: float, angle: float) -> NDArray[np.float64]:
    y, x = np.indices(SHAPE_HW) * 2 * np.pi / period_px
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return 0.5 + 0.15 * (np.cos(u) + np.cos(v))


WHOLE = area(0, 140, 0, 192)
LEFT_HALF, RIGHT_HALF = area(0, 140, 0, 50), area(0, 140, 50, 100)
CRYSTAL = LEFT_HALF | RIGHT_HALF
FINE_CRYSTAL, AMORPHOUS = area(0, 70, 100, 192), area(70, 140, 100, 192)
TWIN = area(2, 70, 100, 192)  # 6256 of the 6440 pixels of the fine crystal
DEFECT = area(20, 36, 20, 36)  # 256 of the 7000 pixels of the left half: 0.037
ISLAND = area(160, 170, 90, 100)
SLIVER = area(70, 140, 171, 192)  # 1470 of 26 880 pixels, 0.055; 21 px wide, too narrow for a crop


@lru_cache
def micrograph(*, amorphous_below: bool = True) -> Micrograph:
    """Coarse lattice in CRYSTAL, fine lattice and amorphous film beside it, vacuum below; the film all the way up."""
    rng = np.random.default_rng(6)
    film = ndimage.gaussian_filter(rng.normal(size=SHAPE_HW), 1.5)
    pixels = np.full(SHAPE_HW, 0.1)
    pixels[CRYSTAL] = lattice(12.0, 0.3)[CRYSTAL]
    pixels[FINE_CRYSTAL] = lattice(6.0, 0.7)[FINE_CRYSTAL]
    filmed = AMORPHOUS if amorphous_below else AMORPHOUS | FINE_CRYSTAL
    pixels[filmed] = (0.5 + 0.1 * film / film.std())[filmed]
    return Micrograph(np.clip(pixels + rng.normal(0, 0.02, SHAPE_HW), 0, 1), name="layers")


def proposals() -> Masks:
    """What a generator might propose, in no good order."""
    masks = [TWIN, WHOLE, LEFT_HALF, DEFECT, AMORPHOUS, ISLAND, RIGHT_HALF, FINE_CRYSTAL, SLIVER]
    return Masks.from_arrays(masks, predicted_iou=np.linspace(0.8, 0.95, len(masks)))


EXPECTED = ["redundant", "compound_parent", "", "tiny_child", "", "tiny_island", "", "", "without_crops"]


@dataclass(frozen=True)
class FixedGenerator:
    """Proposes what it is told to."""

    masks: Masks
    asked: list[str] = field(default_factory=list)
    name: str = "fixed"
    options: Mapping[str, Any] = field(default_factory=dict)

    def generate(self, micrograph: Micrograph) -> Masks:
        self.asked.append(micrograph.name)
        return self.masks


class MeanEncoder:
    """Mean and spread of a crop; remembers how many it was given."""

    name = "mean"
    options: Mapping[str, Any] = {}
    estimator: Estimator | None = None
    distance: float | None = None

    def __init__(self) -> None:
        self.n_crops: list[int] = []

    def encode(self, crops: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        self.n_crops.append(len(crops))
        return np.array([(crop.mean(), crop.std()) for crop in crops], np.float32).reshape(-1, 2)


@dataclass(frozen=True)
class ClassifierByRoughness:
    """Knows materials by the mean step from pixel to pixel; unsure of a crop of whose roughness it knows none."""

    known: Mapping[str, tuple[float, float]]
    n_crops: list[int] = field(default_factory=list)
    name = "roughness"

    @property
    def options(self) -> Mapping[str, Any]:
        return {"known": {name: list(span) for name, span in self.known.items()}}

    @property
    def materials(self) -> tuple[str, ...]:
        return tuple(self.known)

    def classify(self, crops: Sequence[NDArray[np.float32]]) -> Answers:
        """Sure by 0.8, of the same of what it leaves open."""
        self.n_crops.append(len(crops))
        places = np.array([self._place(float(np.abs(np.diff(crop)).mean())) for crop in crops], np.int64)
        return Answers(places, 0.8 * np.eye(len(self.known) + 1, dtype=np.float32)[places][:, :-1])

    def _place(self, roughness: float) -> int:
        matches = [place for place, (low, high) in enumerate(self.known.values()) if low <= roughness < high]
        return matches[0] if matches else -1


# Crops of the film have 0.040 to 0.044, of the coarse lattice 0.052 to 0.054, of the fine one 0.087 to 0.092.
ROUGHNESS = {"fine": (0.08, 0.1), "unseen": (0.2, 1.0), "film": (0.03, 0.047), "coarse": (0.047, 0.07)}


def naming_booster(*known: str, encoder: Encoder | None = None, **options: Any) -> SemanticBooster:
    """A booster whose classifier knows these materials."""
    classifier = ClassifierByRoughness({name: ROUGHNESS[name] for name in known})
    return build_booster(encoder or build_encoder("spectrum"), classifier=classifier, **options)


@lru_cache
def fenet() -> Encoder:
    return build_encoder("fenet")


def booster_of_crops(**rules: Any) -> SemanticBooster:
    return SemanticBooster(fenet(), **rules)


def boosted(masks: Masks, n_materials: int | None, booster: SemanticBooster | None = None) -> Segmentation:
    return (booster or booster_of_crops())(micrograph(), masks, n_materials)


def labels_of(segmentation: Segmentation, *masks: Bools) -> list[int]:
    """The one label on each of these masks."""
    found = [np.unique(segmentation.labels[mask]).tolist() for mask in masks]
    assert all(len(labels) == 1 for labels in found), found
    return [labels[0] for labels in found]


def assert_consistent(segmentation: Segmentation) -> None:
    """The log says of every generated mask what the labels show."""
    labels, log, n_found = segmentation.labels, segmentation.decisions, int(segmentation.labels.max())
    assert labels.dtype == np.uint32
    assert [decision.mask for decision in log] == list(range(len(segmentation.generated)))
    assert len(segmentation.masks) == n_found
    assert (np.sum(segmentation.masks[:], axis=0) == (labels > 0)).all()  # no pixel lies in two
    claims = Counter(decision.material for decision in log if decision.action != "removed")
    assert sorted(claims) == list(range(1, n_found + 1))
    for decision in log:
        assert type(decision.value) is type(decision.threshold) is float
        if decision.action == "removed":
            assert decision.material is None
        else:
            assert decision.action == ("kept" if claims[decision.material] == 1 else "merged")
            assert decision.value >= decision.threshold
        assert decision.other is None or 0 <= decision.other < len(log)
    covered = np.zeros(labels.shape, bool)
    for decision in log:
        if decision.material is not None:
            covered |= segmentation.generated[decision.mask]
    holes, _ = ndimage.label(~covered, np.ones((3, 3)))
    assert (np.bincount(holes.ravel())[holes][(labels > 0) & ~covered] < 256).all()


# --- what becomes of each mask


@pytest.mark.parametrize("n_materials", [3, None])
def test_every_mask_goes_where_it_belongs(n_materials: int | None) -> None:
    segmentation = boosted(proposals(), n_materials)
    assert_consistent(segmentation)
    rules = [rule or "majority_vote" for rule in EXPECTED]
    assert [decision.rule for decision in segmentation.decisions] == rules
    actions = ["removed" if rule else "kept" for rule in EXPECTED]
    actions[2] = actions[6] = "merged"
    assert [decision.action for decision in segmentation.decisions] == actions
    # 14 000, 6440 and 6440 pixels; the fine crystal comes first in reading order.
    assert labels_of(segmentation, CRYSTAL, FINE_CRYSTAL, AMORPHOUS, ~WHOLE) == [1, 2, 3, 0]
    assert (segmentation.n_materials, segmentation.n_materials_given) == (3, n_materials is not None)
    assert len(segmentation.masks) == 3
    assert segmentation.generated.areas.tolist() == proposals().areas.tolist()


def test_the_log_holds_what_decided() -> None:
    twin, whole, left, defect, amorphous, island, right, fine, sliver = boosted(proposals(), 3).decisions
    assert twin == Decision(0, "removed", "redundant", 6256 / 6440, 0.9, other=7)
    # The parent has 140 · 192 = 26 880 pixels: 2 · 7000 + 2 · 6440 in four children, 6256 in the
    # twin and 1470 in the sliver.
    assert whole == Decision(1, "removed", "compound_parent", (26880 + 6256 + 1470) / 26880, 0.7)
    assert defect == Decision(3, "removed", "tiny_child", 256 / 26880, 0.05, other=1)
    assert island == Decision(5, "removed", "tiny_island", 100.0, 3600.0)
    assert sliver.value < sliver.threshold
    for decision, material in ((left, 1), (right, 1), (fine, 2), (amorphous, 3)):
        assert (decision.value, decision.threshold, decision.material) == (1.0, 0.0, material)


def test_two_halves_of_one_crystal_become_one_material() -> None:
    image = micrograph(amorphous_below=False)
    masks = Masks.from_arrays([LEFT_HALF, AMORPHOUS | FINE_CRYSTAL, RIGHT_HALF])
    for n_materials in (2, None):
        segmentation = booster_of_crops()(image, masks, n_materials)
        assert_consistent(segmentation)
        assert labels_of(segmentation, CRYSTAL, AMORPHOUS | FINE_CRYSTAL) == [1, 2]
        assert [decision.action for decision in segmentation.decisions] == ["merged", "kept", "merged"]


def test_a_nested_parent_is_removed_and_its_children_stay() -> None:
    masks = Masks.from_arrays([LEFT_HALF, WHOLE, AMORPHOUS, FINE_CRYSTAL, RIGHT_HALF])
    segmentation = boosted(masks, 3)
    assert [decision.rule for decision in segmentation.decisions if decision.action == "removed"] == ["compound_parent"]
    assert len(segmentation.masks) == 3
    # Where parents stay, the children are still cut out of it.
    lenient = booster_of_crops(removal=RemovalRules(compound_parent=None))
    segmentation = boosted(masks, 3, lenient)
    assert {decision.action for decision in segmentation.decisions} <= {"kept", "merged"}
    assert labels_of(segmentation, CRYSTAL, FINE_CRYSTAL, AMORPHOUS) == [1, 2, 3]


def test_children_one_pixel_smaller_than_their_parent_leave_no_lines() -> None:
    children = [ndimage.binary_erosion(mask) for mask in (LEFT_HALF, RIGHT_HALF, FINE_CRYSTAL, AMORPHOUS)]
    booster = booster_of_crops(removal=RemovalRules(compound_parent=None))
    segmentation = boosted(Masks.from_arrays([WHOLE, *children]), 3, booster)
    assert_consistent(segmentation)
    assert [ndimage.label(mask)[1] for mask in segmentation.masks] == [1, 1, 1]
    np.testing.assert_array_equal(segmentation.labels > 0, WHOLE)


# --- few masks, none, and masks that come to nothing


@pytest.mark.parametrize("n_materials", [None, 1, 4])
def test_no_masks(n_materials: int | None) -> None:
    segmentation = boosted(Masks.empty(SHAPE_HW), n_materials)
    assert_consistent(segmentation)
    assert (int(segmentation.labels.max()), len(segmentation.masks), list(segmentation.decisions)) == (0, 0, [])
    assert (segmentation.n_materials, segmentation.n_materials_given) == (n_materials or 1, n_materials is not None)


@pytest.mark.parametrize("n_materials", [None, 1])
def test_one_mask(n_materials: int | None) -> None:
    segmentation = boosted(Masks.from_arrays([CRYSTAL]), n_materials)
    assert_consistent(segmentation)
    assert labels_of(segmentation, CRYSTAL, ~CRYSTAL) == [1, 0]
    (decision,) = segmentation.decisions
    assert (decision.action, decision.rule, decision.material) == ("kept", "majority_vote", 1)
    if n_materials:
        assert (decision.value, decision.threshold) == (1.0, 0.0)


def test_more_materials_than_masks() -> None:
    segmentation = boosted(Masks.from_arrays([CRYSTAL, AMORPHOUS]), 5)
    assert_consistent(segmentation)
    assert (segmentation.n_materials, len(segmentation.masks)) == (5, 2)


def test_a_mask_without_pixels_is_dropped() -> None:
    masks = Masks.from_arrays([np.zeros(SHAPE_HW), CRYSTAL])
    for rule, expected in (("drop", "without_crops"), ("own", "dissolved")):
        booster = build_booster(build_encoder("spectrum"), grouping={"without_crops": rule})
        segmentation = boosted(masks, 1, booster)
        assert_consistent(segmentation)
        assert (segmentation.decisions[0].action, segmentation.decisions[0].rule) == ("removed", expected)
        assert len(segmentation.masks) == 1


def test_masks_without_crops_may_be_materials_of_their_own() -> None:
    booster = booster_of_crops(grouping=GroupingRules(without_crops="own"))
    segmentation = boosted(proposals(), 3, booster)
    assert_consistent(segmentation)
    assert segmentation.decisions[8] == Decision(8, "kept", "without_crops", 0.0, 0.0, material=4)
    assert labels_of(segmentation, SLIVER, AMORPHOUS & ~SLIVER) == [4, 3]
    # 70 · 21 = 1470 pixels: one more and the region is dissolved into the film.
    for smallest_region_px, n_found in ((1470, 4), (1471, 3)):
        again = boosted(proposals(), 3, replace(booster, smallest_region_px=smallest_region_px))
        assert_consistent(again)
        assert len(again.masks) == n_found
    assert again.decisions[8] == Decision(8, "removed", "dissolved", 0.0, 0.0)
    assert set(np.unique(again.labels[SLIVER])) == {2, 3}  # it touches both


# --- order and seed


def assert_same_after(order: Sequence[int], first: Segmentation, second: Segmentation) -> None:
    """The same labels, and the same decision for each mask; mask i of the second is mask order[i] of the first."""
    np.testing.assert_array_equal(first.labels, second.labels)
    assert first.n_materials == second.n_materials
    for place, decision in enumerate(second.decisions):
        other = None if decision.other is None else order[decision.other]
        assert replace(decision, mask=order[place], other=other) == first.decisions[order[place]]


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
@pytest.mark.parametrize("n_materials", [2, 3, None])
def test_the_order_of_the_masks_does_not_matter(n_materials: int | None, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(proposals())).tolist()
    first, second = boosted(proposals(), n_materials), boosted(proposals().select(order), n_materials)
    assert_same_after(order, first, second)


@st.composite
def any_masks(draw: st.DrawFn) -> Masks:
    """Up to six rectangles and discs over the image, some of them copies."""
    masks = []
    for _ in range(draw(st.integers(0, 6))):
        top, left = draw(st.integers(0, 180)), draw(st.integers(0, 180))
        if draw(st.booleans()):
            mask = area(top, top + draw(st.integers(0, 150)), left, left + draw(st.integers(0, 150)))
        else:
            rows, columns = np.ogrid[:192, :192]
            mask = (rows - top) ** 2 + (columns - left) ** 2 < draw(st.integers(1, 90)) ** 2
        masks.append(mask)
    copies = draw(st.lists(st.sampled_from(masks), max_size=2)) if masks else []
    quality = draw(st.lists(st.sampled_from([0.9, 0.95]), min_size=len(masks + copies), max_size=len(masks + copies)))
    return Masks.from_arrays(masks + copies, SHAPE_HW, predicted_iou=quality)


@given(any_masks(), st.integers(1, 4), st.sampled_from(["drop", "own"]), st.data())
@settings(max_examples=25)
def test_what_holds_for_any_masks(masks: Masks, n_materials: int, without_crops: str, data: st.DataObject) -> None:
    booster = build_booster(build_encoder("spectrum"), grouping={"without_crops": without_crops})
    first = boosted(masks, n_materials, booster)
    assert_consistent(first)
    second = boosted(masks.select(data.draw(st.permutations(range(len(masks))))), n_materials, booster)
    assert_consistent(second)
    np.testing.assert_array_equal(first.labels, second.labels)
    names = ("action", "rule", "value", "threshold", "material")
    logs = [sorted(str([getattr(entry, name) for name in names]) for entry in s.decisions) for s in (first, second)]
    assert logs[0] == logs[1]


def test_one_seed_gives_one_segmentation() -> None:
    masks = Masks.from_arrays([WHOLE, area(0, 100, 60, 140), area(30, 192, 0, 120)])
    booster = build_booster(build_encoder("spectrum"), seed=3)
    first = boosted(masks, 2, booster)
    np.random.seed(1)  # noqa: NPY002 - the global state must have no influence
    assert_same_after(range(3), first, boosted(masks, 2, booster))


# --- the booster only runs the steps


def test_the_encoder_sees_all_crops_at_once() -> None:
    encoder = MeanEncoder()
    booster = SemanticBooster(encoder, crops=CropRules(n_crops=7))
    boosted(Masks.from_arrays([CRYSTAL, AMORPHOUS, WHOLE, DEFECT]), 2, booster)
    assert encoder.n_crops == [14]
    assert boosted(Masks.empty(SHAPE_HW), 2, booster).n_materials == 2


def test_rules_are_handed_on() -> None:
    rules = RemovalRules(tiny_child=None, compound_parent=None, redundant=False, tiny_island_px=None)
    segmentation = boosted(proposals(), 3, booster_of_crops(removal=rules, smallest_region_px=0))
    assert {decision.rule for decision in segmentation.decisions} == {"majority_vote", "without_crops"}
    # Crops of 24 px fit neither the defect nor the island.
    rules_for_small = booster_of_crops(removal=rules, crops=CropRules(smallest_crop_px=5), smallest_region_px=0)
    small = boosted(proposals(), 3, rules_for_small)
    assert {decision.rule for decision in small.decisions} == {"majority_vote"}


def test_options_tell_every_setting() -> None:
    settings = {"tiny_child": 0.1}, {"n_crops": 3}, {"threshold": 0.5}
    encoder = build_encoder("spectrum", n_rings=5)
    booster = build_booster(
        encoder, removal=settings[0], crops=settings[1], grouping=settings[2], seed=9, smallest_region_px=64
    )
    options = json.loads(json.dumps(booster.options))
    assert options["encoder"] == {"name": "spectrum", **encoder.options}
    assert options["smallest_region_px"] == 64
    for group, setting in zip(("removal", "crops", "grouping"), settings, strict=True):
        assert options[group].items() >= setting.items()
    assert options["crops"]["seed"] == options["grouping"]["seed"] == 9
    defaults = build_booster(build_encoder(DEFAULT_ENCODER))
    assert defaults.options == SemanticBooster().options


# --- with a classifier in place of clustering


@pytest.mark.parametrize("n_materials", [3, None])
def test_a_classifier_names_the_materials(n_materials: int | None) -> None:
    segmentation = boosted(proposals(), n_materials, naming_booster("fine", "unseen", "film", "coarse"))
    assert_consistent(segmentation)
    assert labels_of(segmentation, CRYSTAL, FINE_CRYSTAL, AMORPHOUS, ~WHOLE) == [1, 2, 3, 0]
    assert segmentation.names == ("coarse", "fine", "film")
    np.testing.assert_allclose(np.array(segmentation.name_confidence, float), 0.8, rtol=1e-6)
    assert [decision.rule for decision in segmentation.decisions] == [rule or "classifier_vote" for rule in EXPECTED]
    assert segmentation.decisions[2] == Decision(2, "merged", "classifier_vote", 1.0, 0.0, material=1)
    assert (segmentation.n_materials, segmentation.n_materials_given) == (3, n_materials is not None)


@pytest.mark.parametrize("n_materials", [3, None])
def test_what_it_does_not_know_stays_unnamed_and_is_clustered(n_materials: int | None) -> None:
    encoder = MeanEncoder()
    segmentation = boosted(proposals(), n_materials, naming_booster("coarse", encoder=encoder))
    assert_consistent(segmentation)
    assert segmentation.decisions[2].rule == segmentation.decisions[6].rule == "classifier_vote"
    assert segmentation.decisions[4].rule == segmentation.decisions[7].rule == "majority_vote"
    assert encoder.n_crops == [20]  # of the film and the fine crystal alone
    assert labels_of(segmentation, CRYSTAL) == [1]
    assert segmentation.names[0] == "coarse"
    assert segmentation.name_confidence == (pytest.approx(0.8), *[None] * (len(segmentation.names) - 1))
    assert set(segmentation.names[1:]) == {None}
    if n_materials:
        assert labels_of(segmentation, FINE_CRYSTAL, AMORPHOUS) == [2, 3]


def test_unnamed_masks_of_one_material_are_united_too() -> None:
    masks = Masks.from_arrays([LEFT_HALF, RIGHT_HALF, AMORPHOUS, FINE_CRYSTAL])
    segmentation = boosted(masks, 3, naming_booster("film"))
    assert_consistent(segmentation)
    assert labels_of(segmentation, CRYSTAL, FINE_CRYSTAL, AMORPHOUS) == [1, 2, 3]
    assert segmentation.names == (None, None, "film")


def test_masks_that_nobody_can_name_are_grouped_as_without_a_classifier() -> None:
    for n_materials in (1, 2, 3, None):
        with_one = boosted(proposals(), n_materials, naming_booster("unseen", encoder=fenet()))
        without = boosted(proposals(), n_materials)
        assert_same_after(range(9), without, with_one)
        assert with_one.names == without.names == (None,) * len(without.masks)


def test_a_named_material_is_one_region_whatever_the_number_given() -> None:
    """Two halves far apart in their vectors are united by their name, and three names are not forced into two."""
    masks = Masks.from_arrays([LEFT_HALF, RIGHT_HALF, FINE_CRYSTAL, AMORPHOUS])
    for n_materials in (1, 2, 5):
        segmentation = boosted(masks, n_materials, naming_booster("coarse", "fine", "film"))
        assert_consistent(segmentation)
        assert labels_of(segmentation, LEFT_HALF, RIGHT_HALF, FINE_CRYSTAL, AMORPHOUS) == [1, 1, 2, 3]
        assert (segmentation.n_materials, len(segmentation.masks)) == (n_materials, 3)


@pytest.mark.parametrize(("least_share", "name"), [(0.5, "rough"), (1.0, None)])
def test_a_mask_of_two_materials_stays_unnamed_where_more_must_agree(least_share: float, name: str | None) -> None:
    """Of ten crops six are rough: the mask is half fine crystal, half film."""
    classifier = ClassifierByRoughness({"smooth": (0.0, 0.06), "rough": (0.06, 1.0)})
    booster = build_booster(build_encoder("spectrum"), classifier=classifier, naming={"least_share": least_share})
    segmentation = boosted(Masks.from_arrays([CRYSTAL, FINE_CRYSTAL | AMORPHOUS]), None, booster)
    assert_consistent(segmentation)
    assert labels_of(segmentation, CRYSTAL, FINE_CRYSTAL | AMORPHOUS) == [1, 2]
    assert segmentation.names == ("smooth", name)
    decided = segmentation.decisions[1]
    if name:
        assert (decided.rule, decided.value, decided.threshold) == ("classifier_vote", 0.6, 0.4)
        assert segmentation.name_confidence == (pytest.approx(0.8), pytest.approx(0.6 * 0.8))
    else:
        assert decided.rule == "majority_vote"


NO_ISLANDS: dict[str, Any] = {"removal": {"tiny_island_px": None}}


def test_names_follow_the_labels_where_a_material_dissolves() -> None:
    masks = Masks.from_arrays([area(10, 40, 120, 150), AMORPHOUS, CRYSTAL])  # 900 pixels are too few
    booster = naming_booster("fine", "film", "coarse", smallest_region_px=901, **NO_ISLANDS)
    segmentation = boosted(masks, None, booster)
    assert_consistent(segmentation)
    assert segmentation.decisions[0].rule == "dissolved"
    assert segmentation.names == ("coarse", "film")
    assert labels_of(segmentation, CRYSTAL, AMORPHOUS) == [1, 2]


@pytest.mark.parametrize("n_materials", [None, 2])
def test_no_masks_and_no_crops_to_name(n_materials: int | None) -> None:
    nothing = boosted(Masks.empty(SHAPE_HW), n_materials, naming_booster("coarse"))
    assert_consistent(nothing)
    assert (nothing.names, nothing.n_materials) == ((), n_materials or 1)
    for rule, names in (("drop", ()), ("own", (None,))):
        booster = naming_booster("coarse", grouping={"without_crops": rule}, **NO_ISLANDS)
        sliver = boosted(Masks.from_arrays([SLIVER]), n_materials, booster)
        assert_consistent(sliver)
        assert (sliver.names, sliver.decisions[0].rule) == (names, "without_crops")


@pytest.mark.parametrize("known", [("coarse",), ("fine", "film"), ("film", "coarse", "fine")])
@pytest.mark.parametrize("n_materials", [2, None])
def test_the_order_of_the_masks_does_not_matter_to_the_names(known: tuple[str, ...], n_materials: int | None) -> None:
    order = [8, 2, 5, 0, 7, 1, 6, 3, 4]
    first, second = (
        boosted(masks, n_materials, naming_booster(*known)) for masks in (proposals(), proposals().select(order))
    )
    assert_same_after(order, first, second)
    assert first.names == second.names
    assert set(known) <= set(first.names)


def test_the_options_of_the_classifier_are_told() -> None:
    booster = naming_booster("fine", naming={"least_share": 0.7})
    options = json.loads(json.dumps(booster.options))
    assert options["classifier"] == {"name": "roughness", "known": {"fine": [0.08, 0.1]}}
    assert options["naming"] == {"least_share": 0.7}
    assert {"classifier", "naming"}.isdisjoint(booster_of_crops().options)


# --- in one call


@pytest.mark.parametrize("n_materials", [3, None])
def test_segment_runs_generator_and_booster(n_materials: int | None) -> None:
    order = [8, 2, 5, 0, 7, 1, 6, 3, 4]
    generators = [FixedGenerator(proposals()), FixedGenerator(proposals().select(order))]
    first, second = (segment(micrograph(), n_materials, generator=generator) for generator in generators)
    assert [generator.asked for generator in generators] == [["layers"]] * 2
    assert_same_after(order, first, second)
    assert_same_after(range(9), boosted(proposals(), n_materials, SemanticBooster()), first)
    assert first.generated is generators[0].masks


def test_segment_with_a_booster_and_nothing_to_segment() -> None:
    booster = SemanticBooster(MeanEncoder())
    segmentation = segment(micrograph(), generator=FixedGenerator(Masks.empty(SHAPE_HW)), booster=booster)
    assert_consistent(segmentation)
    assert not segmentation.labels.any()


# --- what is refused


@pytest.mark.parametrize("masks", [Masks.empty(SHAPE_HW), proposals()])
def test_there_is_at_least_one_material(masks: Masks) -> None:
    with pytest.raises(InputError, match="n_materials=0"):
        boosted(masks, 0)
    with pytest.raises(InputError, match="n_materials=0"):
        segment(micrograph(), 0, generator=FixedGenerator(masks))


def test_masks_must_fit_the_image() -> None:
    with pytest.raises(InputError, match=r"masks of shape \(192, 191\) do not fit layers"):
        boosted(Masks.empty((192, 191)), 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"removal": {"tiny": 0.1}}, "booster.removal has no setting 'tiny'; did you mean 'tiny_child'"),
        ({"crops": {"n_crops": 0}}, "n_crops=0"),
        ({"grouping": {"k": 2}}, "booster.grouping has no setting 'k'"),
        ({"seed": -1}, "seed=-1"),
        ({"crops": {"seed": 3}}, "booster.crops.seed: .* the seed of the run"),
        ({"grouping": {"seed": 3}}, "booster.grouping.seed: .* the seed of the run"),
        ({"naming": {"least_share": 0.5}}, "nothing that names materials; give a classifier"),
        (
            {"naming": {"share": 1}, "classifier": ClassifierByRoughness(ROUGHNESS)},
            "booster.naming has no setting 'share'",
        ),
        ({"naming": {"least_share": 2}, "classifier": ClassifierByRoughness(ROUGHNESS)}, "least_share=2"),
    ],
)
def test_bad_settings(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        build_booster(build_encoder("spectrum"), **options)
    assert "\n" not in str(caught.value)


def test_grains_are_refused_where_the_encoder_does_not_see_them() -> None:
    booster, masks = SemanticBooster(build_encoder("spectrum")), Masks.empty(SHAPE_HW)
    with pytest.raises(InputError, match=r"^grains: the encoder spectrum does not see them; use compact\.$"):
        booster(Micrograph(np.zeros(SHAPE_HW)), masks, grains=True)
    assert booster(Micrograph(np.zeros(SHAPE_HW)), masks).labels_are_grains is False


@pytest.mark.parametrize("n_materials", [4, None])
@pytest.mark.parametrize("seed", [0, 4, 5])
@pytest.mark.parametrize("pose", [Pose(True, False, True), Pose(False, True, False)], ids=["turned", "mirrored"])
def test_a_turned_image_has_the_same_regions_and_grains(pose: Pose, seed: int, n_materials: int | None) -> None:
    image = procedural_scene(seed, shape_hw=(240, 330)).micrograph
    turned = Micrograph(np.ascontiguousarray(pose.apply(image.pixels)))
    generator, booster = build_generator("compact"), SemanticBooster(build_encoder("compact"))
    found, of_turned = (booster(each, generator.generate(each), n_materials) for each in (image, turned))
    np.testing.assert_array_equal(pose.undo(of_turned.labels), found.labels)
    np.testing.assert_array_equal(pose.undo(of_turned.grains), found.grains)
    assert of_turned.material_of == found.material_of
    assert of_turned.confidences == found.confidences


def test_a_number_that_images_of_the_kind_have_is_reached() -> None:
    image = procedural_scene(4, shape_hw=(240, 330)).micrograph
    whole = Masks.from_labels(np.ones(image.shape_hw, np.uint32))
    rules = GroupingRules(numbers_seen=(0, 0, 30))
    found = SemanticBooster(build_encoder("compact"), grouping=rules)(image, whole)
    assert (found.n_materials, found.n_materials_given, len(found.masks)) == (3, False, 3)


@pytest.mark.parametrize("words", [{"encoder": build_encoder("spectrum")}, {"embedding": "crops"}])
def test_numbers_seen_are_refused_where_nothing_goes_by_them(words: Mapping[str, Any]) -> None:
    with pytest.raises(InputError, match="numbers_seen: only compact counts by them"):
        SemanticBooster(**{"encoder": build_encoder("compact"), **words}, grouping=GroupingRules(numbers_seen=(0, 3)))


def test_numbers_seen_go_with_no_other_estimator() -> None:
    with pytest.raises(InputError, match="numbers_seen: the estimator 'gap' does not go by them; use 'distance'"):
        GroupingRules(estimator="gap", numbers_seen=(0, 3))
