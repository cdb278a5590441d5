"""Masks against the truth of an image: the paper's scores (§3.2) and the usual one-to-one ones."""

from samiam.geometry import boundary
from samiam.metrics.clicks import click_ious
from samiam.metrics.clustering import clustering_accuracy
from samiam.metrics.matched import Variant
from samiam.metrics.scores import Scores, mean_scores, score_image

__all__ = ["Scores", "Variant", "boundary", "click_ious", "clustering_accuracy", "mean_scores", "score_image"]
