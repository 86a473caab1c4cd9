"""What people see and say: pairs, rollouts, the queue, labels, resolutions."""

from annotation.models.exports import ExportJob
from annotation.models.imports import ImportJob
from annotation.models.labels import Resolution, StepLabel, Submission
from annotation.models.pairs import Pair, Product, Project, Rollout, Step
from annotation.models.queue import Assignment, QueueItem
from annotation.models.tokens import ApiToken

__all__ = [
    "ApiToken",
    "Assignment",
    "ExportJob",
    "ImportJob",
    "Pair",
    "Product",
    "Project",
    "QueueItem",
    "Resolution",
    "Rollout",
    "Step",
    "StepLabel",
    "Submission",
]
