"""What a project's labelling interface holds: its image, and the brush that answers are painted with."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from samiam.errors import InputError

_MOST_CHARACTERS = 1_000_000
_REMEDY = "mend it under Settings > Labeling Interface > Code"


@dataclass(frozen=True)
class Interface:
    """The parts of a labelling interface that a backend has to do with.

    Attributes:
        image: the name of its first image.
        key: of the address of that image in the data of a task.
        brush: the name of the first brush on that image.
        labels: of that brush, in their order.
    """

    image: str
    key: str
    brush: str
    labels: Sequence[str]

    @classmethod
    def of(cls, code: object) -> Interface:
        """Read the code of an interface.

        Raises:
            InputError: if it is no XML, or there is no image in it or no brush with labels on that image.
        """
        tags = list(_parsed(code).iter())
        image = next((tag for tag in tags if tag.tag == "Image"), None)
        if image is None or not image.get("name") or not (image.get("value") or "").startswith("$"):
            raise InputError(f"the labelling interface has no <Image> with a name and a value as $image; {_REMEDY}.")
        name, key = image.attrib["name"], image.attrib["value"][1:]
        brush = next((tag for tag in tags if tag.tag == "BrushLabels" and _names(tag.get("toName")) == [name]), None)
        labels = [] if brush is None else _labels(brush)
        if brush is None or not brush.get("name") or not labels:
            raise InputError(f"the labelling interface has no <BrushLabels> with labels on {name}; {_REMEDY}.")
        return cls(name, key, brush.attrib["name"], labels)

    def label(self, given: Sequence[str]) -> str:
        """The label of the brush that whoever points has chosen.

        Args:
            given: labels of what was pointed with; where there are none, the brush's only one is meant.

        Raises:
            InputError: if it cannot be told, or the brush has no such label.
        """
        chosen = list(dict.fromkeys(given)) or list(self.labels)
        if len(chosen) != 1:
            raise InputError(f"labels {', '.join(chosen)}: choose one of them before you click.")
        if chosen[0] not in self.labels:
            raise InputError(f"label {chosen[0]}: the brush has {', '.join(self.labels)} only; {_REMEDY}.")
        return chosen[0]

    def address(self, data: Mapping[str, Any]) -> str:
        """The address of the image of a task.

        Args:
            data: of the task.

        Raises:
            InputError: if there is none, or several.
        """
        found = data.get(self.key)
        if not isinstance(found, str) or not found:
            raise InputError(f"the task has no address of one image as {self.key}; import it again with one.")
        return found


def _parsed(code: object) -> ElementTree.Element:
    if not isinstance(code, str) or len(code) > _MOST_CHARACTERS or re.search("<!(DOCTYPE|ENTITY)", code):
        raise InputError(f"the labelling interface is no XML of a reasonable size; {_REMEDY}.")
    try:
        return ElementTree.fromstring(code)
    except (ElementTree.ParseError, ValueError) as error:
        raise InputError(f"the labelling interface is no XML ({error}); {_REMEDY}.") from None


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",")]


def _labels(brush: ElementTree.Element) -> list[str]:
    """What results call the labels: by their aliases where they have them."""
    found = (label.get("alias") or label.get("value") for label in brush.iter("Label"))
    return list(dict.fromkeys(label for label in found if label))
