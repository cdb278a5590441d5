"""FENet, which learns from photographs of textures."""

from __future__ import annotations

from dataclasses import replace

from samiam.commands.training.data import Textures
from samiam.commands.training.settings import ClassificationSettings
from samiam.settings import read_settings
from samiam.training.classification import Classification
from samiam.training.fenet.dtd import DTDData, start_fenet
from samiam.training.fenet.settings import DTDStart
from samiam.training.run import Job


def fenet_dtd_job(data: Textures, learner: ClassificationSettings, seed: int) -> Job:
    """FENet on photographs of textures: the paper's encoder."""
    rules = replace(data.rules, seed=seed)
    network, facts = start_fenet(read_settings(DTDStart, "learner.network", learner.network), rules)
    return Job("fenet_dtd", Classification(network, learner.options), DTDData(rules, data.workers), facts)
