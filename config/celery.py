"""The Celery application: four queues and one beat table.

``default`` short jobs, ``bulk`` imports, exports and whatever else takes long, ``inference``
rollouts and scoring, ``train`` runs. GPU work is a child process, so a prefork worker never
holds a GPU.
"""

from __future__ import annotations

import os

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

from config.beat import beat_schedule
from config.heartbeat import HeartbeatStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

TRANSPORT_ALIASES["pgmq"] = "config.queue_transport:Transport"

app = Celery("stepwise")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = beat_schedule()
app.steps["worker"].add(HeartbeatStep)
app.autodiscover_tasks()
