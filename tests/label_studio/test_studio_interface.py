"""The parts of a labelling interface that a backend needs."""

from __future__ import annotations

import pytest
from refusals import refusal

from samiam.label_studio.interface import Interface

CODE = """<View>
  <Header value="What is it?"/>
  <Image name="micrograph" value="$picture"/>
  <View>
    <RectangleLabels name="box" toName="micrograph" smart="true"><Label value="Ge"/></RectangleLabels>
    <BrushLabels name="paint" toName="micrograph"><Label value="Ge"/><Label value="SrTiO3" alias="STO"/></BrushLabels>
  </View>
</View>"""


def test_its_image_and_brush() -> None:
    assert Interface.of(CODE) == Interface("micrograph", "picture", "paint", ["Ge", "STO"])


def test_the_brush_is_that_of_the_first_image() -> None:
    code = '<View><Image name="a" value="$a"/><Image name="b" value="$b"/>{}{}</View>'
    brush = '<BrushLabels name="on {0}" toName="{0}"><Label value="Ge"/></BrushLabels>'
    assert Interface.of(code.format(brush.format("b"), brush.format("a"))).brush == "on a"


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (None, "no XML of a reasonable size"),
        ("<View>", "no XML (no element found"),
        ('<!DOCTYPE v [<!ENTITY a "b">]><View/>', "no XML of a reasonable size"),
        ("<View/>", "no <Image>"),
        ('<View><Image name="i" value="fixed.png"/></View>', "no <Image>"),
        (CODE.replace("BrushLabels", "PolygonLabels"), "no <BrushLabels> with labels on micrograph"),
        (CODE.replace('name="paint" toName="micrograph"', 'name="paint" toName="other"'), "no <BrushLabels>"),
    ],
)
def test_what_it_lacks(code: object, why: str) -> None:
    message = refusal(lambda: Interface.of(code))
    assert why in message
    assert "Labeling Interface" in message


def test_the_label_that_is_meant() -> None:
    interface = Interface("i", "image", "tag", ["Ge", "STO"])
    assert interface.label(["STO"]) == "STO"
    assert Interface("i", "image", "tag", ["Ge"]).label([]) == "Ge"
    assert "labels Ge, STO: choose one" in refusal(lambda: interface.label([]))
    assert "label W: the brush has Ge, STO only" in refusal(lambda: interface.label(["W"]))


@pytest.mark.parametrize("data", [{}, {"image": ["a.png", "b.png"]}, {"image": ""}, {"other": "a.png"}])
def test_a_task_without_an_image(data: dict[str, object]) -> None:
    interface = Interface("i", "image", "tag", ["Ge"])
    assert interface.address({"image": "a.png"}) == "a.png"
    assert "no address of one image as image" in refusal(lambda: interface.address(data))
