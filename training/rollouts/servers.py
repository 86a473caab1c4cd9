"""The servers that this installation may ask."""

from __future__ import annotations

from django.conf import settings

from training.serving.outbound import Outbound


def outbound() -> Outbound:
    return Outbound(settings.POLICY_URL, settings.POLICY_API_KEY, settings.POLICY_HOSTS)
