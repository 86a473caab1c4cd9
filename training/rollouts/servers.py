"""The servers that this installation may ask."""

from __future__ import annotations

from django.conf import settings

from training.serving.outbound import Outbound


def outbound() -> Outbound:
    """The installation's own server of policies, and the others that are listed."""
    return Outbound(settings.POLICY_URL, settings.POLICY_API_KEY, settings.POLICY_HOSTS)


def chat_outbound() -> Outbound:
    """The installation's own chat server, and the others that are listed."""
    return Outbound(settings.CHAT_URL, settings.CHAT_API_KEY, settings.POLICY_HOSTS)
