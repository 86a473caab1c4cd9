"""A typed client of the Stepwise REST API."""

from stepwise_client.client import Client
from stepwise_client.errors import (
    ConflictError,
    DraftConflictError,
    GateError,
    InvalidLabelsError,
    PreflightError,
    StepwiseError,
)
from stepwise_client.records import (
    Claim,
    Decision,
    Job,
    Label,
    Mark,
    Receipt,
    Rollout,
    Step,
    Waiting,
)

__all__ = [
    "Claim",
    "Client",
    "ConflictError",
    "Decision",
    "DraftConflictError",
    "GateError",
    "InvalidLabelsError",
    "Job",
    "Label",
    "Mark",
    "PreflightError",
    "Receipt",
    "Rollout",
    "Step",
    "StepwiseError",
    "Waiting",
]
