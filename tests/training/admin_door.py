"""The admin's launch as an engineer meets it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from annotation.models import Project
from annotation.people.roles import Role, role_grant
from tests.training.world import policy_make
from training.models import Checkpoint

LAUNCH = "/admin/training/trainingrun/launch/"


def client_of(role: Role) -> Client:
    user = role_grant(user=User.objects.create_user(role.value), role=role)
    client = Client()
    client.force_login(user)
    return client


def choice(project: Project, **values: Any) -> dict[str, Any]:
    policy = Checkpoint.objects.filter(kind="policy").first() or policy_make()
    return {
        "project": project.pk,
        "method": "srpo",
        "policy": policy.pk,
        "seed": 3,
        "eval_split": "test",
        "train_limit": 0,
        "eval_limit": 0,
        **values,
    }
