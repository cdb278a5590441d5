"""The record of what particles say together: its numbers, as a table, a file and a picture."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from samiam.formats.writers.strict_json import write_json
from samiam.particles.result import FaultDetection
from samiam.particles.statistics.faults import Faults
from samiam.particles.statistics.resampling import FEWEST_IMAGES
from samiam.particles.statistics.settings import StatisticsOptions
from samiam.particles.statistics.shares import Estimate
from samiam.particles.statistics.sizes import LogNormal, Summary
from samiam.records.showing import counted, png_of

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True)
class Exclusion:
    """What is no part of the statistics.

    Attributes:
        reason: in words.
        n: how many.
        is_particle: whether these are particles, and not candidates that are none.
    """

    reason: str
    n: int
    is_particle: bool


@dataclass(frozen=True, eq=False)
class ParticleStatistics:
    """What the particles of some images say together.

    Attributes:
        images: their names; each once.
        particles: the tables of `measure_particles` one below the other, with the column `image`.
        weights: float64 (N,), how much each of the N particles that are not left out counts for; their mean is 1.
        summaries: sizes and shapes, the diameter first.
        log_normal: the distribution of the diameters.
        faults: None where nobody has named classes.
        excluded: what was left out and why: particles, then candidates.
        remarks: what a reader of the numbers has to know.
        options: the size bins and the bootstrap.
        detection: how often faults are told rightly, None where that is not known.
    """

    images: tuple[str, ...]
    particles: pd.DataFrame
    weights: NDArray[np.float64]
    summaries: tuple[Summary, ...]
    log_normal: LogNormal
    faults: Faults | None
    excluded: tuple[Exclusion, ...]
    remarks: tuple[str, ...]
    options: StatisticsOptions
    detection: FaultDetection | None

    @property
    def n(self) -> int:
        """How many particles count."""
        return len(self.weights)

    @property
    def n_filled(self) -> int:
        """How many images hold a particle that counts."""
        return int(self.particles.loc[self.particles["left_out"].isna(), "image"].nunique())

    @property
    def is_over_images(self) -> bool:
        """Whether the intervals of sizes are over images, and not over the particles of too few."""
        return self.n_filled >= FEWEST_IMAGES

    @property
    def diameter(self) -> Summary:
        """That of the equivalent diameters in nm."""
        return self.summaries[0]

    @property
    def diameters_nm(self) -> NDArray[np.float64]:
        """Of the particles that count, in the order of the weights."""
        whole = self.particles["left_out"].isna()
        return self.particles.loc[whole, "diameter_nm"].to_numpy(np.float64)

    def __repr__(self) -> str:
        of = f"{self.n} of {counted(len(self.particles), 'particle')} in {counted(len(self.images), 'image')}"
        said = [of, f"mean diameter {self.diameter.mean.text(unit='nm')}"]
        if self.faults is not None:
            said.append(f"faulty {self.faults.share.text('.0%')}")
        return f"ParticleStatistics({', '.join(said)})"

    def table(self) -> pd.DataFrame:
        """All numbers: `quantity`, `value`, and `low` and `high` of the 95 % interval, NaN where there is none.

        Lengths are in nm, areas in nm², shares from 0 to 1.
        """
        rows = [("particles", Estimate(len(self.particles))), ("particles that count", Estimate(self.n))]
        for summary in self.summaries:
            rows += [(f"{summary.measure} {name}", getattr(summary, name)) for name in ("mean", "median", "sd")]
        rows += [
            ("diameter_nm mean without weights", Estimate(float(self.diameters_nm.mean()) if self.n else np.nan)),
            ("log-normal median_nm", self.log_normal.median_nm),
            ("log-normal geometric sd", self.log_normal.geometric_sd),
        ]
        rows += [] if self.faults is None else _of_faults(self.faults)
        return pd.DataFrame([(name, *asdict(one).values()) for name, one in rows], columns=["quantity", *_ENDS])

    def by_size(self) -> pd.DataFrame:
        """Size bins: `low_nm`, `high_nm`, `n`, `n_told`, `n_faulty`, `share`, `low`, `high`; none without faults."""
        bins = () if self.faults is None else self.faults.by_size
        rows = [(*list(asdict(one).values())[:-1], *asdict(one.share).values()) for one in bins]
        return pd.DataFrame(rows, columns=["low_nm", "high_nm", "n", "n_told", "n_faulty", "share", *_ENDS[1:]])

    def as_dict(self) -> dict[str, Any]:
        """All but the tables of the particles, for JSON."""
        return {
            "images": self.images,
            "n_particles": len(self.particles),
            "n": self.n,
            "summaries": [asdict(summary) for summary in self.summaries],
            "log_normal": asdict(self.log_normal),
            "faults": None if self.faults is None else asdict(self.faults),
            "excluded": [asdict(one) for one in self.excluded],
            "remarks": self.remarks,
            "options": asdict(self.options),
            "detection": None if self.detection is None else asdict(self.detection),
        }

    def save(self, path: str | Path) -> Path:
        """Write the numbers as JSON (`.json`), or their table as CSV (any other suffix)."""
        if Path(path).suffix == ".json":
            return write_json(path, self.as_dict())
        from samiam.formats.writers.csv_table import write_table

        return write_table(path, self.table())

    def picture(self) -> Image.Image:
        """The charts of sizes, and of faults by size where they are known, side by side."""
        from samiam.particles.writing.charts import picture

        return picture(self)

    def _repr_png_(self) -> bytes:
        return png_of(self.picture())


_ENDS = ("value", "low", "high")


def _of_faults(faults: Faults) -> list[tuple[str, Estimate]]:
    counts = [(f"class {name}", Estimate(n)) for name, n in faults.counts.items()]
    corrected = [] if faults.corrected is None else [("share of faults, corrected", faults.corrected)]
    return [
        *counts,
        ("share of faults", faults.share),
        *corrected,
        ("share that cannot be told", faults.untold),
        ("likeness of faults within images", Estimate(faults.alike)),
        ("Spearman correlation of fault with diameter", faults.spearman),
        ("log odds of a fault per nm", faults.slope_per_nm),
    ]
