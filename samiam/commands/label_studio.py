"""`samiam label-studio backend`: a method as what answers Label Studio."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from samiam.commands.segmenting import SegmentJob, boosted
from samiam.errors import InputError
from samiam.formats.writers.provenance import version_of
from samiam.generation import PromptableGenerator
from samiam.label_studio.addresses import Images
from samiam.label_studio.backend import Backend
from samiam.label_studio.looks import Looks
from samiam.records import Micrograph, Segmentation
from samiam.registry import build_generator

_REMEMBERED = {"compact": 4}
"""Images at once: looks of the compact network take tens of megabytes; others have large weights, and one image."""


def backend_of(job: SegmentJob, images: Images, say: Callable[[str], object]) -> Backend:
    """A backend that answers by a method.

    Args:
        job: the method.
        images: where images may be taken from.
        say: is told what could not be answered.

    Raises:
        InputError: if its generator takes no clicks.
    """
    if not isinstance(job.generator, PromptableGenerator):
        raise InputError(f"the generator {job.generator.name} takes no clicks and boxes; use compact or a SAM.")
    spare = [job.generator]

    def make() -> PromptableGenerator:
        made = spare.pop() if spare else build_generator(job.chosen.generator, **job.chosen.generator_options)
        return cast("PromptableGenerator", made)

    def segment(micrograph: Micrograph, generator: PromptableGenerator) -> Segmentation:
        return boosted(micrograph, job, generator)[0]

    looks = Looks(images, job.chosen.reading.arguments, make, _REMEMBERED.get(job.generator.name, 1))
    version = " ".join(["samiam", version_of("samiam") or "", job.generator.name])
    return Backend(looks, segment, version, say)
