"""All that reads files or words of others, with the valid files that are made hostile for it."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any

import declared
import numpy as np
import valid_files as valid
from hydra.core.global_hydra import GlobalHydra
from serving import serving
from valid_files import BYTES, STACK, Write, array, picture, tiff, words

from samiam import cli
from samiam.benchmark.particles.keras_weights import read_keras_unet
from samiam.commands.composing import program as programs
from samiam.commands.composing import running
from samiam.commands.training import run
from samiam.commands.training.settings import read_training
from samiam.compact.settings import CompactWeights
from samiam.compact.weights import load_model
from samiam.datasets.layouts import find_labelled
from samiam.datasets.polar.labelled import read_labelled_frames
from samiam.datasets.zenodo import zenodo_folder
from samiam.errors import InputError
from samiam.formats import open_frames, read_micrograph
from samiam.generation.prompts import Prompt
from samiam.label_studio.addresses import Images
from samiam.label_studio.backend import Backend
from samiam.label_studio.importing import import_export
from samiam.label_studio.looks import Looks
from samiam.particles.statistics.pooling import pool
from samiam.particles.writing.reading import read_measured
from samiam.records import Masks, Micrograph, Scene, Segmentation
from samiam.storage.checkpoints import load_state_dict
from samiam.storage.files import sha256_of
from samiam.storage.strict_json import parse_json
from samiam.texture.classifier import build_classifier
from samiam.texture.settings import ClassifierOptions
from samiam.training.run import read_checkpoint
from simulate.crops import read_crops
from simulate.library.crystals import crystal
from simulate.library.entries import read_entry

Load = Callable[[Path], object]


@dataclass(frozen=True)
class Target:
    """Something that reads.

    Attributes:
        load: reads what lies in a folder; what it raises but `InputError` is a fault.
        valid: each writes a valid file, or several that belong together, into an empty folder.
        lies: each writes a file that no change is made to, because it is hostile as it is.
    """

    load: Load
    valid: tuple[Write, ...]
    lies: tuple[Write, ...] = ()


def read_image(folder: Path) -> object:
    """The one micrograph in a folder."""
    (path,) = folder.iterdir()
    return read_micrograph(path, frame=0, channel=0)


def read_labelled(folder: Path) -> object:
    """All labelled micrographs in a folder."""
    return [found.read() for found in find_labelled(folder)]


def import_tasks(folder: Path) -> object:
    """What was annotated, and predicted, in the export of a folder; where one is refused, the other is read."""
    (export,) = folder.glob("*.json")
    for predictions in (True, False):
        with contextlib.suppress(InputError):
            import_export(export, folder / f"back {predictions}", Images([folder]), predictions=predictions)
    return import_export(export, folder / "again", Images([folder]))


def answer_request(folder: Path) -> object:
    """What a backend answers to the request in a folder."""
    request = parse_json_object(folder / "request.json")
    looks = Looks(Images([folder]), {}, Everything, 1)
    return Backend(looks, lambda *_: Segmentation.load(folder / "none.npz"), "samiam", no_work).predict(request)


class Everything:
    """Answers all of the image to whatever is pointed at, once that was looked at."""

    name, options = "everything", MappingProxyType[str, Any]({})

    def set_image(self, micrograph: Micrograph) -> None:
        """Look at an image."""
        self._shape_hw = micrograph.shape_hw

    def generate(self, _: Micrograph) -> Masks:
        """Nothing."""
        return Masks.empty(self._shape_hw)

    def predict(self, points: Any = None, labels: Any = None, boxes: Any = None, most: int | None = None) -> Masks:
        """All of it."""
        Prompt.of(points, labels, boxes, self._shape_hw)
        return Masks.from_arrays([np.ones(self._shape_hw, bool)][:most], self._shape_hw)


def parse_json_object(path: Path) -> dict[str, Any]:
    """A request as the server takes it."""
    try:
        request = parse_json(path.read_bytes())
    except ValueError:
        raise InputError("no JSON") from None
    if not isinstance(request, dict):
        raise InputError("no object")
    return request


def read_frames(folder: Path) -> object:
    """The frames of the one video in a folder, or of the images there."""
    files = list(folder.iterdir())
    return list(open_frames(files[0] if len(files) == 1 else folder).read())


def read_compact(folder: Path) -> object:
    """A network of the compact generator."""
    return load_model(CompactWeights(weights=folder / "a.safetensors", device="cpu"))


def read_classifier(folder: Path) -> object:
    """A classifier of crops."""
    return build_classifier(ClassifierOptions(checkpoint=folder / "a.safetensors", device="cpu"))


def read_given_checkpoint(folder: Path) -> object:
    """A checkpoint that somebody gives with its hash."""
    path = folder / "a.pth"
    return load_state_dict("vit_b", path=path, sha256=sha256_of(path))


def read_interrupted_run(folder: Path) -> object:
    """What is read of a run before it is resumed."""
    config, _ = run._read_settings_of_run(folder / "settings.yaml")
    return read_training(config), read_checkpoint(folder / "last.ckpt")


def read_record_of_zenodo(folder: Path) -> object:
    """A record that this machine serves."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = (folder / ("record.json" if "api" in self.path else "a.zip")).read_bytes()
            content = content.replace(b"SITE", self.server.site)  # type: ignore[attr-defined]
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    site = f"http://127.0.0.1:{server.server_port}"
    server.site = site.encode()  # type: ignore[attr-defined]
    with serving(server), contextlib.redirect_stderr(io.StringIO()):
        return zenodo_folder("7", folder / "unpacked", site)


def type_words(folder: Path, program: str) -> int:
    """What is typed after a program's name, none of which begins any work; refusals must be one line."""
    typed = (folder / "words.txt").read_text(encoding="utf-8", errors="replace").splitlines()
    (folder / "a.png").write_bytes(b"no picture, but what is typed is looked at before that is known")
    said, printed = io.StringIO(), io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stderr(said), contextlib.redirect_stdout(printed):
        try:
            code = cli.main(typed) if program == "samiam" else composed(program, typed)
        except SystemExit as stop:  # argparse
            code = int(stop.code or 0)
    lines = said.getvalue().splitlines()
    is_refused = lines and (lines[-1].startswith(("samiam", program)) or ": error: " in lines[-1])
    if code and (not is_refused or "Traceback" in said.getvalue()):
        raise AssertionError(f"exit code {code} with {lines[-3:]}")
    return code


def composed(program: str, typed: list[str]) -> int:
    """The exit code of evaluate.py or train.py whose work is nothing."""
    known = {"evaluate": programs.EVALUATE, "train": programs.TRAIN}[program]
    try:
        return running.main(replace(known, work=f"{__name__}:no_work"), typed)
    finally:
        GlobalHydra.instance().clear()


def no_work(*_: Any, **__: Any) -> int:
    """Instead of what a program does."""
    return 0


def read_experiment(folder: Path, program: str) -> int:
    """A user's own config."""
    words("--config-dir", ".", "experiment=mine")(folder)
    return type_words(folder, program)


TARGETS: Mapping[str, Target] = {
    "tiff": Target(
        read_image,
        (
            tiff(),
            tiff(STACK.astype(np.uint16), imagej=True, resolution=(50, 50), metadata={"unit": "nm"}),
            tiff(STACK, ome=True, metadata={"axes": "TYX", "PhysicalSizeX": 0.02, "PhysicalSizeXUnit": "nm"}),
            tiff(BYTES.astype(np.float32), tile=(16, 16), compression="zlib", byteorder=">"),
            tiff(np.dstack([BYTES] * 3), photometric="rgb", bigtiff=True),
            tiff(BYTES, photometric="palette", colormap=np.stack([257 * np.arange(256, dtype=np.uint16)] * 3)),
        ),
        (declared.tiff, declared.wide_tiff),
    ),
    "png": Target(
        read_image, tuple(picture("a.png", mode) for mode in ("L", "I;16", "P", "RGB", "RGBA", "LA")), (declared.png,)
    ),
    "jpeg": Target(read_image, tuple(picture("a.jpg", mode) for mode in ("L", "RGB", "CMYK")), (declared.jpeg,)),
    "npy": Target(
        read_image, (array(BYTES), array(STACK.astype(np.float64)), array(np.asfortranarray(BYTES))), (declared.npy,)
    ),
    "mrc": Target(read_image, (valid.in_mrc,), (declared.mrc,)),
    "dm": Target(read_image, (valid.in_dm(3), valid.in_dm(4)), (declared.dm,)),
    "ser": Target(read_image, (valid.in_ser,), (declared.ser,)),
    "emd": Target(
        read_image,
        (valid.berkeley, valid.velox),
        (declared.emd_dimension, declared.emd_pixels, declared.velox_metadata),
    ),
    "hspy": Target(read_image, (valid.signal(".hspy"),)),
    "nexus": Target(read_image, (valid.signal(".nxs"),)),
    "zarr": Target(read_image, (valid.signal(".zarr"), valid.signal(".zspy"))),
    "label_images": Target(read_labelled, (valid.label_image,)),
    "annotators": Target(read_labelled, (valid.annotated,)),
    "manifest": Target(read_labelled, (valid.with_manifest,)),
    "label_studio": Target(read_labelled, (valid.label_studio, valid.label_studio_shapes)),
    "label_studio_import": Target(import_tasks, (valid.label_studio, valid.label_studio_shapes)),
    "label_studio_request": Target(answer_request, (valid.label_studio_request,)),
    "frames": Target(
        read_frames, (valid.frames_folder, valid.frames_video, tiff(STACK), valid.frames_mrc, valid.frames_ser)
    ),
    "points": Target(read_labelled_frames, (valid.points_table, valid.keypoints)),
    "region_pngs": Target(read_labelled, (valid.region_pngs,)),
    "zenodo": Target(read_record_of_zenodo, (valid.zenodo,)),
    "masks": Target(lambda folder: Masks.load(folder / "a.npz"), (valid.masks,), (declared.archive,)),
    "micrograph": Target(lambda folder: Micrograph.load(folder / "a.npz"), (valid.micrograph,)),
    "scene": Target(lambda folder: Scene.load(folder / "a.npz"), (valid.scene,)),
    "segmentation": Target(lambda folder: Segmentation.load(folder / "a.npz"), (valid.segmentation,)),
    "particles": Target(lambda folder: pool([read_measured(folder)]), (valid.particles,)),
    "cif": Target(lambda folder: crystal(str(folder / "a.cif")), (valid.cif,)),
    "library": Target(lambda folder: read_entry("a", folder), (valid.entry,)),
    "crops": Target(lambda folder: read_crops(folder, "val"), (valid.crops,)),
    "compact_weights": Target(read_compact, (valid.compact_weights,)),
    "classifier_weights": Target(read_classifier, (valid.classifier_weights,)),
    "keras_weights": Target(lambda folder: read_keras_unet(folder / "a.h5"), (valid.keras_weights,)),
    "checkpoint": Target(read_given_checkpoint, (valid.checkpoint, valid.old_checkpoint)),
    "resume": Target(read_interrupted_run, (valid.interrupted_run,)),
    "segment_words": Target(
        partial(type_words, program="samiam"),
        (
            words(
                "segment",
                "a.png",
                "-k",
                "2",
                "--seed",
                "1",
                "--pixel-size-nm",
                "0.02",
                "--point",
                "3,4",
                "--box",
                "1,2,3,4",
            ),
            words("segment", "a.png", "--generator-option", "pred_iou_thresh=0.5", "--encoder-option", "device=cpu"),
            words(
                "segment",
                "a.png",
                "--generator",
                "texture",
                "--generator-option",
                "pred_iou_thresh=0.5",
                "--frame",
                "1",
            ),
            words("info", "a.png", "--channel", "1", "--dataset", "x"),
            words("particles-statistics", "a", "--bins", "1,2", "--sensitivity", "9/10", "--specificity", "8/10"),
        ),
    ),
    "evaluate_words": Target(
        partial(type_words, program="evaluate"),
        (
            words("benchmark=quick", "booster.removal.tiny_child=0.1", "conditions.turned.turn_deg=90", "workers=1"),
            words(
                "experiment=ablation_crops", "generator=sam", "generator.options.points_per_side=8", "n_materials=given"
            ),
            words(
                "benchmark=procedural",
                "benchmark.shape_hw=[512,512]",
                "benchmark.seeds=[0,1]",
                "variants.a.encoder.name=fenet",
            ),
        ),
    ),
    "train_words": Target(
        partial(type_words, program="train"),
        (
            words("experiment=compact", "trainer.epochs=2", "data.workers=1", "data.shape_hw=[352,352]"),
            words("experiment=crop_classifier", "data.materials=[SrTiO3,Ge]", "data.conditions.thickness_A=[[80,300]]"),
        ),
    ),
    "evaluate_yaml": Target(
        partial(read_experiment, program="evaluate"),
        tuple(partial(valid.experiment, program="evaluate", name=name) for name in ("ablation_crops", "robustness")),
    ),
    "train_yaml": Target(
        partial(read_experiment, program="train"),
        tuple(partial(valid.experiment, program="train", name=name) for name in ("compact", "crop_classifier")),
    ),
}
