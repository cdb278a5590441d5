"""What Label Studio asks of a backend, and the answers: masks for clicks, all materials where nobody clicked."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError, printable
from samiam.formats.writers.exports.label_studio import brush_result, prediction_of
from samiam.generation import PromptableGenerator
from samiam.label_studio.interface import Interface
from samiam.label_studio.looks import Looks, Seen
from samiam.label_studio.prompts import Pointing, pointings_of
from samiam.records import Micrograph, Segmentation

Segment = Callable[[Micrograph, PromptableGenerator], Segmentation]
"""Finds all materials of an image that a generator has looked at."""

_GUESSED = "its label is a guess: materials get labels in the order of their areas"


@dataclass(frozen=True, eq=False)
class Backend:
    """Answers requests; one at a time, since generators are of one image each.

    Attributes:
        looks: at images.
        segment: finds all materials of one.
        version: by which Label Studio knows the predictions of this backend from others.
        say: is told what could not be answered.
    """

    looks: Looks
    segment: Segment
    version: str
    say: Callable[[str], object]
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def health(self) -> dict[str, Any]:
        """That it is there."""
        return {"status": "UP", "model_class": "SAM-I-Am"}

    def versions(self) -> dict[str, Any]:
        """The only version that there is."""
        return {"versions": [self.version]}

    def setup(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Take a project on, by its `schema`, the code of its labelling interface.

        Raises:
            InputError: if there is no image or no brush in it.
        """
        Interface.of(request.get("schema"))
        return {"model_version": self.version}

    def predict(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer what was pointed at in one task, or find all materials of each.

        Args:
            request: `label_config`, `tasks`, and in `params` the `context` where somebody pointed at something.

        Returns:
            `results`, as many as tasks, a prediction each; where a task of several cannot be answered, none for it.

        Raises:
            InputError: if the request, or its only task, cannot be answered.
        """
        interface = Interface.of(request.get("label_config"))
        tasks, params = request.get("tasks"), request.get("params") or {}
        context = params.get("context") if isinstance(params, dict) else params
        if not isinstance(tasks, list) or not tasks:
            raise InputError("no task is given; open one, and ask again.")
        if context and not isinstance(context, dict):
            raise InputError("what was drawn is not as Label Studio sends it; reload the task.")
        if context:
            return {"results": [self._pointed_at(interface, tasks[0], context)]}
        if len(tasks) == 1:
            return {"results": [self._whole(interface, tasks[0])]}
        return {"results": [self._whole_or_none(interface, task) for task in tasks]}

    def train(self) -> dict[str, Any]:
        """Why nothing is learnt here."""
        return {
            "status": "ok",
            "detail": "nothing is learnt from a request; export the project, `samiam label-studio import` it, "
            "and train on that.",
        }

    def end(self) -> None:
        """Look at nothing more; what is being looked at comes to its end first: libraries cannot be stopped amid it."""
        self._lock.acquire()

    def _pointed_at(self, interface: Interface, task: object, context: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            seen = self.looks.at(interface.address(_data(task)))
            pointings = pointings_of(context.get("result"), interface, seen.shape_hw)
            results = [self._answered(interface, seen, pointing) for pointing in pointings]
        return prediction_of(results, self.version)

    def _answered(self, interface: Interface, seen: Seen, pointing: Pointing) -> dict[str, Any]:
        masks = seen.answer(pointing)
        if not len(masks) or not masks[0].any():
            raise InputError(f"{pointing.label}: nothing stands out there; click elsewhere, or paint it.")
        score = float(masks.predicted_iou[0])
        return self._brush(interface, masks[0], pointing.label, score)

    def _whole(self, interface: Interface, task: object) -> dict[str, Any]:
        """All materials that there are labels for."""
        with self._lock:
            seen = self.looks.at(interface.address(_data(task)))
            found = self.segment(seen.cutout.whole, seen.generator)
        labels = labels_for(found, interface.labels)
        if n_without := found.n_materials - len(labels):
            self.say(f"task {_number(task)}: no label is left for {n_without} of {found.n_materials} materials.")
        results = []
        for mask, of, name, score in zip(found.masks, found.material_of, found.names, found.confidences, strict=True):
            if of in labels:
                result = self._brush(interface, mask, labels[of], score)
                results.append(result if name == labels[of] else result | {"meta": {"text": [_GUESSED]}})
        return prediction_of(results, self.version)

    def _whole_or_none(self, interface: Interface, task: object) -> dict[str, Any] | list[Any]:
        try:
            return self._whole(interface, task)
        except InputError as error:
            self.say(f"task {_number(task)}: {error}")
            return []

    def _brush(self, interface: Interface, mask: NDArray[np.bool_], label: str, score: float | None) -> dict[str, Any]:
        identity = uuid.uuid4().hex[:10]  # a second answer to the same click is another region
        return brush_result(identity, mask, label, score, from_name=interface.brush, to_name=interface.image)


def labels_for(found: Segmentation, labels: Sequence[str]) -> dict[int, str]:
    """The labels of materials by their numbers: its name where that is one, the first that is left otherwise.

    Materials for which none is left, the smallest, are missing.
    """
    names = dict(zip(found.material_of, found.names, strict=True))
    given = {number: name for number, name in names.items() if name is not None and name in labels}
    left = (label for label in labels if label not in given.values())
    unnamed = sorted(names.keys() - given.keys())
    return given | dict(zip(unnamed, left, strict=False))


def _data(task: object) -> Mapping[str, Any]:
    data = task.get("data") if isinstance(task, dict) else None
    if not isinstance(data, dict):
        raise InputError("a task is not as Label Studio sends it: no data; open it again.")
    return data


def _number(task: object) -> str:
    return printable(f"{task.get('id') if isinstance(task, dict) else None}")[:40]
