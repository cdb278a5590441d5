"""What pyproject.toml cannot say: the configs, which lie beside the package in a checkout, are installed within it."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["samiam*", "simulate*"]), "samiam.configs"],
    package_dir={"samiam.configs": "configs"},
    package_data={
        "": ["py.typed", "*.pyi"],
        "samiam": ["data/*", "napari.yaml", "weights/*"],
        "samiam.formats.writers.exports": ["*.jinja"],
        "samiam.measurement.lattices": ["phases.json"],
        "samiam.formats.writers.pages": ["*.jinja"],
        "samiam.particles.writing": ["*.jinja"],
        "samiam.polar.writing": ["*.jinja"],
        "samiam.viewer": ["page/*"],
        "samiam.configs": ["**/*.yaml"],
        "simulate.library": ["data/*.npz"],
        "simulate.particles": ["data/**/*.safetensors"],
    },
)
