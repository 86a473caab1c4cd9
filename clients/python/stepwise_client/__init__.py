"""A typed client of the Stepwise REST API."""

from stepwise_client.client import Client
from stepwise_client.errors import (
    ConflictError,
    DraftConflictError,
    InvalidLabelsError,
    StepwiseError,
)
from stepwise_client.records import Claim, Job, Label, Receipt, Rollout, Step, Waiting

__all__ = [
    "Claim",
    "Client",
    "ConflictError",
    "DraftConflictError",
    "InvalidLabelsError",
    "Job",
    "Label",
    "Receipt",
    "Rollout",
    "Step",
    "StepwiseError",
    "Waiting",
]
