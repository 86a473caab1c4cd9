"""What people see and say: pairs, rollouts, the queue, labels, resolutions."""

from annotation.models.exports import ExportJob
from annotation.models.flags import Flag
from annotation.models.guidelines import GuidelineVersion
from annotation.models.imports import ImportJob
from annotation.models.labels import Resolution, StepLabel, Submission
from annotation.models.outside import OutsideName
from annotation.models.pair_values import PairValues
from annotation.models.pairs import Pair, Product, Project, Rollout, Step
from annotation.models.quality import (
    ConsensusFit,
    GoldDispute,
    GoldItem,
    GoldTry,
    Pause,
    Practice,
    Review,
)
from annotation.models.queue import Assignment, QueueItem
from annotation.models.rounds import Round
from annotation.models.sign_in import SignInCount
from annotation.models.tokens import ApiToken
from annotation.models.tombstones import ProjectTombstone

__all__ = [
    "ApiToken",
    "Assignment",
    "ConsensusFit",
    "ExportJob",
    "Flag",
    "GoldDispute",
    "GoldItem",
    "GoldTry",
    "GuidelineVersion",
    "ImportJob",
    "OutsideName",
    "Pair",
    "PairValues",
    "Pause",
    "Practice",
    "Product",
    "Project",
    "ProjectTombstone",
    "QueueItem",
    "Resolution",
    "Review",
    "Rollout",
    "Round",
    "SignInCount",
    "Step",
    "StepLabel",
    "Submission",
]
