"""The Django admin of pairs, rollouts, the queue, labels and people: each room's own."""

from __future__ import annotations

from annotation.deciding import items_admin
from annotation.exports import admin as exports_admin
from annotation.labelling import labels_admin, rollouts_admin
from annotation.pairs import admin as pairs_admin
from annotation.pairs import jobs_admin
from annotation.people import admin as people_admin
from annotation.quality import projects_admin

__all__ = [
    "exports_admin",
    "items_admin",
    "jobs_admin",
    "labels_admin",
    "pairs_admin",
    "people_admin",
    "projects_admin",
    "rollouts_admin",
]
