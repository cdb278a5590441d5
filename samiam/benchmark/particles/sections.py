"""The tables of a run on particles, from its rows."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from samiam.benchmark.particles.fault_tables import faults_in_bins, five_classes, region_frame, visible_faults
from samiam.benchmark.particles.finder_tables import by_condition, by_fringes, by_set, by_size, finder_frame, on_carbon
from samiam.benchmark.particles.methods import ParticleMethods
from samiam.benchmark.particles.study import SampleOutcome
from samiam.benchmark.report.sectioned import Section

ABOUT = """\
In brackets 95 % intervals of a bootstrap over specimens; fewer than five specimens have none. An empty cell: not
defined, or no such example. Pictures of one specimen, under whatever optics, are on one side of every split."""
_FOUND = """\
*left out*: pictures without a particle, of which Dice is not defined. *F1*: particles one for one at an IoU of 0.5;
empty where labels do not tell particles apart. *seen*: where particles that nobody can see, whose fringes have a d′
below 5 or of which less than a disc of 1 nm is shown, do not matter. *diameter error*: of the mean of all whole
particles, in per cent."""
_CARBON = "Shares of the picture in per cent that are found on supports without a particle."
_CLASSES = """\
*known*: outlines of the truth that wander as those of a finder do, also around particles that touch and around
nothing; *found*: those of the first finder, in which classes may be missing. *as counted*: recalls
weighted by how often the paper has each class, as its 86 % are; *accuracy at 80*: of the surest 80 %. The paper's
forest looks at the regions of its cut alone (sides of 75 to 250 px of 0.04 nm); ours stands beside it there too."""
_VISIBLE = """\
Faulty (d′ of 5 or more) against faultless particles with fringes; *called faulty*: of all that are faulty, visibly or
not."""

_SPEED = """\
Of one picture of 1024 × 1024 px (unless `time_px` says otherwise), in one run; *cpu seconds* are of the processors, and
the ratio is of those, as others on the machine do not count in them."""
_FRINGES = """\
Share of the true particles (IoU 0.5), by how far their fringes stand out of the noise. Below 5 nothing but a slight
shade tells a particle, if that."""
_BINNED = "Balanced accuracy of known regions, however sure."


def sections_of(outcomes: Sequence[SampleOutcome], methods: ParticleMethods, speeds: pd.DataFrame) -> list[Section]:
    """The tables of a run.

    Args:
        outcomes: of all samples.
        methods: that were compared.
        speeds: as `timed` makes it.
    """
    found = finder_frame([row for outcome in outcomes for row in outcome.finder_rows])
    regions = region_frame([row for outcome in outcomes for row in outcome.region_rows])
    classes = five_classes(regions, {name: teller.confidence for name, teller in methods.tellers.items()})
    names = [name for name in classes if str(name).startswith(("recall ", "n "))]
    recalls = classes[[name for name in ("set", "regions", "method") if name in classes] + names]
    return [
        Section("finding", "Finding particles", by_set(found), _FOUND),
        Section("carbon", "Empty supports", on_carbon(found), _CARBON),
        Section("speed", "Time", speeds, _SPEED),
        Section("faults", "Five classes", classes.drop(columns=names), _CLASSES),
        Section("recalls", "Recall of each class", recalls, "*n*: how many regions there are of each."),
        Section("visible_faults", "Faulty or faultless", visible_faults(regions), _VISIBLE),
        Section("dice_by", "Dice by dose, defocus and pixel size", by_condition(found, "dice")),
        Section("f1_by", "F1 by dose, defocus and pixel size", by_condition(found, "f1")),
        Section("by_size", "Found by diameter", by_size(found), "Share of the true particles (IoU 0.5)."),
        Section("by_fringes", "Found by visibility of the fringes", by_fringes(found), _FRINGES),
        Section(
            "faults_by", "Five classes by dose, defocus, pixel size and diameter", faults_in_bins(regions), _BINNED
        ),
    ]
