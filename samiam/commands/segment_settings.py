"""What is chosen on the command line of `samiam segment`, as a result notes it and another run takes it up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from samiam.errors import InputError
from samiam.formats.writers.provenance import version_of
from samiam.registry import DEFAULT_ENCODER, DEFAULT_GENERATOR
from samiam.settings import Count, Share, read_settings, settings
from samiam.storage.strict_json import parse_json

Index = Annotated[int, Field(ge=0)]


@settings
class SegmentSettings:
    """What decides the result of `samiam segment`, beside the image.

    Attributes:
        generator: its name.
        generator_options: its settings that were given.
        encoder: its name.
        encoder_options: likewise.
        classifier_options: likewise; null for no classifier.
        n_materials: how many there are; null to estimate it.
        grains: whether grains are the regions.
        points: clicks, x and y in pixels.
        boxes: left, top, right and bottom in pixels.
        seed: of crops and clustering.
        frame: which of a stack.
        channel: which of a colour image.
        dataset: which of several images of a file.
        pixel_size_nm: width and height of a pixel over what the file says.
        measurements: whether regions, layers and lattices are measured.
        overlay: how materials are drawn.
        opacity: of what is drawn; null for that which was chosen by eye.
        exports: what else is written.
    """

    generator: str = DEFAULT_GENERATOR
    generator_options: Mapping[str, Any] = field(default_factory=dict)
    encoder: str = DEFAULT_ENCODER
    encoder_options: Mapping[str, Any] = field(default_factory=dict)
    classifier_options: Mapping[str, Any] | None = None
    n_materials: Count | None = None
    grains: bool = False
    points: tuple[tuple[float, float], ...] = ()
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    seed: int = 0
    frame: Index | None = None
    channel: Index | None = None
    dataset: str | None = None
    pixel_size_nm: tuple[float, float] | None = None
    measurements: bool = True
    overlay: Literal["outline", "fill", "both"] = "outline"
    opacity: Share | None = None
    exports: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """By name, as JSON holds them."""
        noted: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return noted

    def __str__(self) -> str:
        """Those that are not the defaults."""
        plain, usual = self.plain(), SegmentSettings().plain()
        changed = [f"{name}={value}" for name, value in plain.items() if value != usual[name]]
        return ", ".join(changed) or "the defaults"


def settings_of_run(path: Path) -> SegmentSettings:
    """The settings that a result was made with.

    Args:
        path: its `provenance.json`, or the folder in which that is.

    Raises:
        InputError: if it cannot be read, is of another command, of a version that has other defaults, or of one that
            did not note its settings.
    """
    file = path / "provenance.json" if path.is_dir() else path
    try:
        noted: Any = parse_json(file.read_text(encoding="utf-8"))
        kind, version, found = noted.get("kind", "segment"), noted["samiam"], noted.get("settings")
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); give the provenance.json of a result.") from None
    except (ValueError, LookupError, AttributeError, TypeError):
        raise InputError(f"{file}: is no provenance.json of samiam; give that of a result.") from None
    if kind != "segment":
        raise InputError(f"{file}: is of samiam {kind}; give that of samiam segment.")
    if version != version_of("samiam"):
        raise InputError(
            f"{file}: is of samiam {version}, and this is {version_of('samiam')}, whose defaults may be others; "
            "install that version, or give the options themselves."
        )
    if found is None:
        raise InputError(f"{file}: does not tell its settings; segment that image again, or give the options.")
    return read_settings(SegmentSettings, f"{file}: settings", found)
