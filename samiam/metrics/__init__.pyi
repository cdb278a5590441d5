from .clicks import click_ious
from .clustering import clustering_accuracy
from .matched import Variant, boundary
from .scores import Scores, Unlabelled, mean_scores, score_image

__all__ = [
    "Scores",
    "Unlabelled",
    "Variant",
    "boundary",
    "click_ious",
    "clustering_accuracy",
    "mean_scores",
    "score_image",
]
