"""What is chosen on the command line of `samiam particles`."""

from __future__ import annotations

from samiam.commands.chosen import Chosen
from samiam.settings import settings


@settings
class ParticlesSettings(Chosen):
    """What decides which particles `samiam particles` finds, beside the image.

    Attributes:
        material: of the particles, as Au; null where it is not known.
        faults: whether to tell of each particle if its stacking is faulty.
        invert: whether to look at images inverted; null as the file, or else the image, says.
    """

    material: str | None = None
    faults: bool = True
    invert: bool | None = None
