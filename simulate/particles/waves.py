"""Exit waves with their truth, and the files that keep them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from samiam.errors import InputError
from samiam.records.particle_scene import Stacking
from samiam.storage.files import replacing
from samiam.storage.strict_json import parse_json
from simulate.particles.truth import Outline

SHIPPED = Path(__file__).with_name("data")
MARGIN_A = 16.0
"""Of a wave, left out of pictures: aberrations bring what lies beyond the periodic box's sides as far."""
_KEY = "exit_wave"
_INT8_MAX = 127

Precision = Literal["float16", "int8"]


@dataclass(frozen=True, eq=False)
class WaveParticle:
    """What is known of a particle whatever the optics.

    Attributes:
        material: its name.
        shape: of its outline.
        view: along what it is seen: "110", "zone" or "random".
        stacking: what interrupts the order of its close-packed planes.
        tilt_deg: the angle between the beam and the nearest fault plane, NaN where there is none.
        diameter_nm: of a sphere of its volume.
        reflections_per_A: (m, 2), ky and kx of the fringes that it may show.
        outline: its mask.
    """

    material: str
    shape: str
    view: str
    stacking: Stacking
    tilt_deg: float
    diameter_nm: float
    reflections_per_A: NDArray[np.float64]
    outline: Outline


@dataclass(frozen=True, eq=False)
class Difference:
    """What a particle's fault adds to the wave.

    Attributes:
        top_left_px: row and column in the wave.
        values: complex64 (configurations, h, w).
    """

    top_left_px: tuple[int, int]
    values: NDArray[np.complex64]


@dataclass(frozen=True, eq=False)
class ExitWave:
    """The wave behind a specimen of particles.

    Attributes:
        specimen: its name. Pictures of one specimen belong into one split.
        split: which it was made for.
        energy_kV: of the beam.
        extent_A: side of the periodic square.
        waves: complex64 (configurations of vibrating atoms, N, N), y and x.
        particles: those that lie in the square, at least in part.
        differences: what the faults add to the wave, nothing where there is none.
        parameters: how it was made (JSON-serialisable).
    """

    specimen: str
    split: str
    energy_kV: float
    extent_A: float
    waves: NDArray[np.complex64]
    particles: Sequence[WaveParticle]
    differences: Sequence[Difference] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"ExitWave({self.specimen}, {len(self.particles)} particles, {self.extent_A / 10:g} nm)"

    @cached_property
    def fault_free(self) -> NDArray[np.complex64]:
        """The waves behind the same particles without their faults."""
        waves = self.waves.copy()
        for difference in self.differences:
            top, left = difference.top_left_px
            height, width = difference.values.shape[1:]
            waves[:, top : top + height, left : left + width] -= difference.values
        return waves

    def save(self, path: str | Path, precision: Precision = "float16") -> None:
        """Write the wave to one safetensors file.

        Args:
            path: of the file.
            precision: of the wave; differences are kept as float16.
        """
        mean = complex(self.waves.mean())
        pairs = _as_pairs(self.waves - np.complex64(mean))
        scale = float(np.abs(pairs).max()) if precision == "int8" else 1.0
        packed = np.rint(pairs * (_INT8_MAX / scale)).astype(np.int8) if precision == "int8" else _halves(pairs)
        tensors = {"wave": packed}
        for index, particle in enumerate(self.particles):
            tensors[f"mask_{index}"] = np.packbits(particle.outline.mask, axis=1)
        for index, difference in enumerate(self.differences):
            tensors[f"difference_{index}"] = _halves(_as_pairs(difference.values))
        header = {
            "specimen": self.specimen,
            "split": self.split,
            "energy_kV": self.energy_kV,
            "extent_A": self.extent_A,
            "mean": [mean.real, mean.imag],
            "step": scale / _INT8_MAX if precision == "int8" else 1.0,
            "particles": [_described(particle) for particle in self.particles],
            "differences": [difference.top_left_px for difference in self.differences],
            "parameters": dict(self.parameters),
        }
        with replacing(Path(path)) as partial:
            save_file(tensors, partial, metadata={_KEY: json.dumps(header, allow_nan=False)})

    @classmethod
    def load(cls, path: str | Path) -> ExitWave:
        """Read a wave that `save` wrote.

        Raises:
            InputError: if the file is missing, damaged or another's.
        """
        try:
            with safe_open(path, framework="np") as file:
                header = parse_json((file.metadata() or {}).get(_KEY, "null"))
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return _read(header, tensors)
        except (SafetensorError, OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise InputError(f"{path}: no exit wave of particles ({reason:.200}); make it again.") from error


def _as_pairs(values: NDArray[np.complex64]) -> NDArray[np.float32]:
    """Real and imaginary parts, (…, 2, h, w)."""
    return np.stack([values.real, values.imag], axis=-3)


def _halves(pairs: NDArray[np.float32]) -> NDArray[np.float16]:
    return pairs.astype(np.float16)


def _complexes(pairs: NDArray[Any], step: float = 1.0) -> NDArray[np.complex64]:
    singles = pairs.astype(np.float32) * np.float32(step)
    return np.asarray(singles[..., 0, :, :] + 1j * singles[..., 1, :, :], np.complex64)


def _described(particle: WaveParticle) -> dict[str, Any]:
    told = asdict(particle)
    del told["outline"]
    return told | {
        "tilt_deg": None if np.isnan(particle.tilt_deg) else particle.tilt_deg,
        "reflections_per_A": particle.reflections_per_A.tolist(),
        "top_left_px": particle.outline.top_left_px,
        "width_px": particle.outline.mask.shape[1],
    }


def _read(header: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> ExitWave:
    particles = []
    for index, told in enumerate(header["particles"]):
        mask = np.unpackbits(tensors[f"mask_{index}"], axis=1, count=told["width_px"]).astype(bool)
        named = {name: told[name] for name in ("material", "shape", "view", "stacking", "diameter_nm")}
        particles.append(
            WaveParticle(
                **named,
                tilt_deg=np.nan if told["tilt_deg"] is None else told["tilt_deg"],
                reflections_per_A=np.array(told["reflections_per_A"]).reshape(-1, 2),
                outline=Outline(mask, tuple(told["top_left_px"])),
            )
        )
    differences = [
        Difference(tuple(top_left), _complexes(tensors[f"difference_{index}"]))
        for index, top_left in enumerate(header["differences"])
    ]
    waves = _complexes(tensors["wave"], header["step"]) + np.complex64(complex(*header["mean"]))
    names = ("specimen", "split", "energy_kV", "extent_A")
    named = {name: header[name] for name in names}
    return ExitWave(**named, waves=waves, particles=particles, differences=differences, parameters=header["parameters"])


class WaveLibrary(Sequence[ExitWave]):
    """Exit waves in files, each read when it is asked for.

    Args:
        paths: of the files.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = tuple(paths)

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, index: int) -> ExitWave: ...
    @overload
    def __getitem__(self, index: slice) -> WaveLibrary: ...
    def __getitem__(self, index: int | slice) -> ExitWave | WaveLibrary:
        if isinstance(index, slice):
            return WaveLibrary(self.paths[index])
        return ExitWave.load(self.paths[index])

    def __iter__(self) -> Iterator[ExitWave]:
        return (ExitWave.load(path) for path in self.paths)

    def __repr__(self) -> str:
        return f"WaveLibrary({len(self)} exit waves)"


def read_waves(folder: str | Path | None = None, split: str | None = None) -> WaveLibrary:
    """The exit waves of a folder.

    Args:
        folder: that `python -m simulate particles` wrote, with a folder in it for each split; what ships with the
            package where None.
        split: "train", "val", "test", "physics", "materials" or "carbon"; all where None.

    Raises:
        InputError: if there is none.
    """
    place = Path(folder) if folder is not None else SHIPPED
    splits = sorted(path.name for path in place.glob("*") if path.is_dir())
    if split is not None and split not in splits:
        raise InputError(f"{place}: has no exit waves of split {split!r}; it has {', '.join(splits) or 'none'}.")
    # What begins with a dot is being written.
    paths = sorted(place.glob(f"{split or '*'}/[!.]*.safetensors"))
    if not paths:
        raise InputError(f"{place}: has no exit waves; `python -m simulate particles {place}` makes some.")
    return WaveLibrary(paths)
