"""A small valid file, or folder of files, of every kind that is read."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import h5py
import numpy as np
import tifffile
import torch
from dm_writer import write_dm
from file_writers import write_mrc, write_ser, write_velox
from made_keras import made_layers, write_keras
from made_label_studio import brush, drawn
from made_particles import made_particles
from made_records import made_masks, made_micrograph, made_scene, made_segmentation
from made_signals import SIGNALS
from numpy.typing import NDArray
from PIL import Image

from samiam.compact.network import FieldNetwork, facts_of
from samiam.compact.settings import FieldSize
from samiam.datasets.polar.keypoints import write_keypoint_tasks
from samiam.datasets.polar.points_csv import write_points_csv
from samiam.formats.writers.exports.label_studio import interface_of
from samiam.particles import FaultDetection
from samiam.particles.measured import MeasuredImage
from samiam.particles.writing.results import write_particles
from samiam.records.polar_scene import Points
from samiam.storage.files import sha256_of
from samiam.storage.weight_files import read_card, shipped_weights, write_weights
from samiam.texture import classifier
from samiam.texture.crop_network import new_crop_network

ROOT = Path(__file__).parents[2]
SHAPE = (24, 32)
BYTES: NDArray[np.uint8] = np.random.default_rng(0).integers(0, 256, SHAPE, np.uint8)
STACK = np.stack([BYTES, BYTES])
NUMBERS = np.repeat(np.array([0, 2, 7], np.uint8), 8)[:, None] * np.ones(SHAPE, np.uint8)
POINTS = Points([(3.5, 4.0), (9.0, 20.0)], [False, True])
Write = Callable[[Path], object]


def picture(name: str, mode: str = "L", **options: object) -> Write:
    """A PNG or JPEG in one of Pillow's modes."""
    pixels = np.dstack([BYTES] * 4)[..., : len(mode)] if mode in ("RGB", "RGBA", "CMYK") else BYTES
    image = Image.fromarray(pixels.astype(np.uint16) * 200) if mode == "I;16" else Image.fromarray(pixels)
    made = image.convert("P") if mode == "P" else image.convert(mode) if mode in ("CMYK", "LA") else image
    return lambda folder: made.save(folder / name, **options)


def tiff(pixels: NDArray[np.generic] = BYTES, **options: object) -> Write:
    """A TIFF of the kind that the options ask for."""
    return lambda folder: tifffile.imwrite(folder / "a.tif", pixels, **options)  # type: ignore[arg-type]


def array(pixels: NDArray[np.generic]) -> Write:
    """An array of NumPy."""
    return lambda folder: np.save(folder / "a.npy", pixels)


def berkeley(folder: Path) -> None:
    """An EMD file as Berkeley's programs write them."""
    with h5py.File(folder / "a.emd", "w") as file:
        group = file.create_group("data/image")
        group.attrs["emd_group_type"] = 1
        group["data"] = BYTES
        for number, side in enumerate(SHAPE, start=1):
            group[f"dim{number}"] = 0.02 * np.arange(side)
            group[f"dim{number}"].attrs["name"], group[f"dim{number}"].attrs["units"] = "xy"[number - 1], "[n_m]"


def signal(suffix: str) -> Write:
    """An image of hyperspy, NeXus or Zarr."""
    return lambda folder: SIGNALS[suffix](folder / f"a{suffix}", BYTES)


def label_image(folder: Path) -> None:
    """A micrograph with a label image and the names of its materials."""
    for part, pixels in (("images", BYTES), ("labels", NUMBERS)):
        (folder / part).mkdir()
        Image.fromarray(pixels).save(folder / part / "a.png")
    (folder / "materials.csv").write_text("number,name\n2,Ge\n7,SrTiO3\n", encoding="utf-8")


def annotated(folder: Path) -> None:
    """An annotator's folder with notes."""
    (folder / "dataset").mkdir()
    (folder / "labels_merged" / "a").mkdir(parents=True)
    Image.fromarray(BYTES).save(folder / "dataset" / "a.png")
    for number, name in ((2, "Ge-merged-1"), (7, "SrTiO3-merged-2")):
        Image.fromarray((255 * (number == NUMBERS)).astype(np.uint8)).save(folder / f"labels_merged/a/{name}.png")
    (folder / "notes.csv").write_text("n,file,difficulty,seconds\n1,a.png,3,200\n", encoding="utf-8")


def with_manifest(folder: Path) -> None:
    """The same as `simulate` writes it."""
    annotated(folder)
    (folder / "notes.csv").unlink()
    (folder / "grains").mkdir()
    Image.fromarray(NUMBERS).save(folder / "grains" / "a.png")
    files = {path.relative_to(folder).as_posix(): sha256_of(path) for path in folder.rglob("*.png")}
    record = {"name": "a", "difficulty": 3, "materials": ["Ge", "SrTiO3"], "weights": [10, 10], "pixel_size_nm": 0.02}
    manifest = {"scenes": [{**record, "parameters": {"seed": 1}, "files": files}]}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def label_studio(folder: Path) -> None:
    """An export of Label Studio as JSON."""
    Image.fromarray(BYTES).save(folder / "a.png")
    results = [brush(name, number == NUMBERS) for number, name in ((2, "Ge"), (7, "SrTiO3"))]
    done = {"id": 20, "completed_by": 2, "was_cancelled": False, "lead_time": 61.5, "result": results}
    task = {"id": 12, "data": {"image": "/data/upload/1/0a1b2c3d-a.png"}, "annotations": [done]}
    (folder / "project-1.json").write_text(json.dumps([task]), encoding="utf-8")


def label_studio_shapes(folder: Path) -> None:
    """An export whose regions were drawn with other tools than the brush, with what was predicted."""
    Image.fromarray(BYTES).save(folder / "a.png")
    shapes = [
        drawn("polygon", "Ge", SHAPE, points=[[0, 0], [40, 5.5], [20, 60]], closed=True),
        drawn("rectangle", "SrTiO3", SHAPE, x=50, y=10, width=30, height=20.5, rotation=30),
        drawn("ellipse", "WO3", SHAPE, x=70, y=70, radiusX=20, radiusY=12.5, rotation=-10),
    ]
    done = {"id": 20, "completed_by": {"email": "a@b.c"}, "was_cancelled": False, "result": shapes}
    predicted = {"id": 3, "model_version": "samiam 1", "score": 0.9, "result": shapes[:2]}
    data = {"image": "/data/local-files/?d=a.png", "file_name": "a.tif"}
    task = {"id": 12, "data": data, "annotations": [done], "predictions": [predicted]}
    (folder / "project-1.json").write_text(json.dumps([task]), encoding="utf-8")


def label_studio_request(folder: Path) -> None:
    """What Label Studio sends when somebody clicked, and painted."""
    Image.fromarray(BYTES).save(folder / "a.png")
    clicked = drawn("keypoint", "Ge", SHAPE, x=50, y=25, width=0.5) | {"is_positive": 1}
    boxed = drawn("rectangle", "SrTiO3", SHAPE, x=50, y=10, width=30, height=20, rotation=0)
    context = {"result": [clicked, boxed, brush("Ge", NUMBERS == 2)]}
    request = {
        "tasks": [{"id": 1, "data": {"image": "/data/local-files/?d=a.png"}}],
        "label_config": interface_of([("Ge", (0, 0, 0)), ("SrTiO3", (9, 9, 9))], asking=True),
        "params": {"context": context},
    }
    (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")


def frames_folder(folder: Path) -> None:
    """Images of frames, one of which is missing."""
    for number in (1, 2, 4):
        Image.fromarray(np.roll(BYTES, number)).save(folder / f"frame_{number}.png")


def frames_video(folder: Path) -> None:
    """A video of three frames."""
    size = (SHAPE[1], SHAPE[0])
    writer = cv2.VideoWriter(str(folder / "a.avi"), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), 10.0, size, True)
    for number in range(3):
        writer.write(np.dstack([np.roll(BYTES, number)] * 3))
    writer.release()


def frames_mrc(folder: Path) -> None:
    """A stack as MRC."""
    write_mrc(folder / "a.mrc", STACK.astype(np.int16))


def frames_ser(folder: Path) -> None:
    """A series of TIA, of two images."""
    write_ser(folder / "a.ser", STACK)


def points_table(folder: Path) -> None:
    """Points of two frames as a table, beside a stack."""
    tiff(STACK)(folder)
    write_points_csv(folder / "points.csv", [(0, POINTS), (1, Points([], []))], "dark")


def keypoints(folder: Path) -> None:
    """Points of an image as Label Studio exports them."""
    Image.fromarray(BYTES).save(folder / "frame_3.png")
    path = write_keypoint_tasks(folder / "export.json", [("/data/upload/1/0a1b2c3d-frame_3.png", SHAPE, POINTS)])
    (task,) = json.loads(path.read_text(encoding="utf-8"))
    done = {"id": 20, "was_cancelled": False, "result": task.pop("predictions")[0]["result"]}
    path.write_text(json.dumps([{"id": 12, **task, "annotations": [done]}]), encoding="utf-8")


def region_pngs(folder: Path) -> None:
    """An export of Label Studio as PNGs."""
    Image.fromarray(BYTES).save(folder / "a.png")
    mask = Image.fromarray((255 * (NUMBERS == 2)).astype(np.uint8))
    mask.save(folder / "task-12-annotation-20-by-2-tag-Ge-0.png")


def cif(folder: Path) -> None:
    """A crystal."""
    lines = [
        *("data_ZnO", "_cell_length_a 3.25", "_cell_length_b 3.25", "_cell_length_c 5.2", "_cell_angle_alpha 90"),
        *("_cell_angle_beta 90", "_cell_angle_gamma 120", "_symmetry_space_group_name_H-M 'P 63 m c'", "loop_"),
        *("_atom_site_label", "_atom_site_type_symbol", "_atom_site_fract_x", "_atom_site_fract_y"),
        *("_atom_site_fract_z", "_atom_site_occupancy", "Zn1 Zn 0.3333 0.6667 0.0 1", "O1 O 0.3333 0.6667 0.382 1"),
    ]
    (folder / "a.cif").write_text("\n".join(lines) + "\n", encoding="utf-8")


def entry(folder: Path) -> None:
    """An entry of the library."""
    settings = {"convergence_mrad": 25.0, "energies_kV": [200.0], "detectors_mrad": [["HAADF", 60.0, 160.0]]}
    header = {"specimen": "Ge", "settings": settings, "cell": {"a_A": 5.6, "c_A": 5.6}}
    images = np.zeros((1, 2, 4, 4), np.float32)
    thickness_A = np.float32([10, 20])
    np.savez(folder / "a.npz", header=np.array(json.dumps(header)), thickness_A=thickness_A, images_200kV=images)


def keras_weights(folder: Path) -> None:
    """A network of particles as Keras keeps it."""
    write_keras(folder / "a.h5", made_layers((1,)))


def crops(folder: Path) -> None:
    """A split of crops of which the file has the hash that stands in the index."""
    parameters = np.array(json.dumps([{}, {}]))
    np.savez(folder / "val.npz", pixels=np.zeros((2, 8, 8), np.uint8), labels=np.arange(2), parameters=parameters)
    split = {
        "file": "val.npz",
        "sha256": sha256_of(folder / "val.npz"),
        "n": 2,
        "seed": 0,
        "epoch": 0,
        "conditions": {},
    }
    index = {"kind": "crops", "materials": ["Ge", "SrTiO3"], "size_px": 8, "splits": {"val": split}}
    (folder / "crops.json").write_text(json.dumps(index), encoding="utf-8")


def compact_weights(folder: Path) -> None:
    """Weights of a small network of the compact generator, with the calibration of those that ship."""
    size = FieldSize(widths=(6, 12, 24), depths=(1, 1, 1), n_heads=2)
    network = FieldNetwork(size)
    calibration = read_card(shipped_weights("compact"))["calibration"]
    write_weights(folder / "a.safetensors", network.state_dict(), facts_of(size), {"calibration": calibration})


def classifier_weights(folder: Path) -> None:
    """Weights of a classifier, with the calibration of those that ship."""
    materials = ("Ge", "SrTiO3")
    network = new_crop_network("fenet", len(materials) + 1)
    card = {"open_set": read_card(shipped_weights("crop_classifier"))["open_set"]}
    write_weights(folder / "a.safetensors", network.state_dict(), classifier.facts_of("fenet", materials), card)


def checkpoint(folder: Path) -> None:
    """A state dict as PyTorch writes it."""
    torch.save({"a.weight": torch.zeros(3, 4), "a.bias": torch.zeros(3)}, folder / "a.pth")


def old_checkpoint(folder: Path) -> None:
    """The same in the form of old versions, a bare pickle."""
    torch.save({"a.weight": torch.zeros(3, 4)}, folder / "a.pth", _use_new_zipfile_serialization=False)


def interrupted_run(folder: Path) -> None:
    """Settings and last epoch of a training."""
    settings = "data: {name: lattices}\nlearner: {name: contrastive}\nseed: 3\ntrainer: {epochs: 2}\n"
    (folder / "settings.yaml").write_text(f"# python train.py\n{settings}", encoding="utf-8")
    callbacks = {"ModelCheckpoint": {"dirpath": "."}}
    torch.save({"epoch": 1, "state_dict": {"a": torch.zeros(3)}, "callbacks": callbacks}, folder / "last.ckpt")


def zenodo(folder: Path) -> None:
    """A record's listing, `SITE` standing for the address, and its file."""
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data/dataset/a.txt", b"x" * 1000)
    content = (folder / "a.zip").read_bytes()
    checksum = f"md5:{hashlib.md5(content, usedforsecurity=False).hexdigest()}"
    file = {"key": "a.zip", "size": len(content), "checksum": checksum, "links": {"self": "SITE/files/a.zip"}}
    (folder / "record.json").write_text(json.dumps({"id": 7, "files": [file]}), encoding="utf-8")


def words(*typed: str) -> Write:
    """What is typed after a program's name, a word in each line."""
    return lambda folder: (folder / "words.txt").write_text("\n".join(typed), encoding="utf-8")


def experiment(folder: Path, program: str, name: str) -> None:
    """A user's own folder of configs."""
    (folder / "experiment").mkdir()
    shipped = ROOT / "configs" / program / "experiment" / f"{name}.yaml"
    (folder / "experiment" / "mine.yaml").write_bytes(shipped.read_bytes())


def particles(folder: Path) -> None:
    """What was found in an image, with an overlay and labels that nobody reads left out."""
    found = made_particles(classes=("no fault", "stacking fault", "unsure"), detection=FaultDetection(9, 8, 9, 7))
    write_particles(folder, found, MeasuredImage.of(found), config={}, times_s={})
    for name in ("overlay.png", "labels.tif", "particles.json", "decisions.csv"):
        (folder / name).unlink()


def masks(folder: Path) -> None:
    """Masks in a file."""
    made_masks().save(folder / "a.npz")


def micrograph(folder: Path) -> None:
    """A micrograph in a file of our own."""
    made_micrograph().save(folder / "a.npz")


def scene(folder: Path) -> None:
    """A scene in a file."""
    made_scene().save(folder / "a.npz")


def segmentation(folder: Path) -> None:
    """A segmentation in its two files."""
    made_segmentation().save(folder / "a.npz")


def in_dm(version: int) -> Write:
    """A file of DigitalMicrograph."""
    return lambda folder: write_dm(folder / f"a.dm{version}", BYTES, version=version)


def in_ser(folder: Path) -> None:
    """A series of TIA."""
    write_ser(folder / "a.ser", BYTES[None])


def in_mrc(folder: Path) -> None:
    """An MRC file."""
    write_mrc(folder / "a.mrc", BYTES[None].astype(np.int16))


def velox(folder: Path) -> None:
    """An EMD file of Velox."""
    write_velox(folder / "a.emd", {"HAADF": BYTES[..., None]})
