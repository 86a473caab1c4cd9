"""The Celery application: three queues and one beat table.

``default`` short jobs, ``inference`` rollouts and scoring, ``train`` runs. Every long job is a
child process, so a prefork worker never holds a GPU.
"""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("stepwise")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
