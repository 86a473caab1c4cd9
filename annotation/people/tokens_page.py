"""A person's own API tokens: make one, see it once, revoke it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from annotation.cot.errors import Invalid
from annotation.models import ApiToken
from annotation.people.abilities import abilities_of
from annotation.people.guard import any_role_required, visitor
from annotation.people.roles import Role
from annotation.people.tokens import api_token_create, api_token_revoke

DAYS = (7, 30, 90, 365)


@never_cache
@any_role_required(Role.ANNOTATOR, Role.ML_ENGINEER)
def tokens(request: HttpRequest) -> HttpResponse:
    """POST makes a token; its secret is in this answer and nowhere else."""
    secret = ""
    if request.method == "POST":
        _row, secret = api_token_create(
            user=visitor(request),
            name=request.POST.get("name", ""),
            scopes=request.POST.getlist("scopes"),
            days=_days(request.POST.get("days", "")),
        )
    context = {
        "secret": secret,
        "tokens": ApiToken.objects.filter(user=visitor(request), revoked_at=None).order_by(
            "-pk"
        ),
        "scopes": sorted(abilities_of(visitor(request))),
        "days": DAYS,
        "now": timezone.now(),
    }
    return render(request, "people/tokens.html", context)


@require_POST
@any_role_required(Role.ANNOTATOR, Role.ML_ENGINEER)
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken, pk=pk, user=visitor(request))
    api_token_revoke(token=token, user=visitor(request))
    messages.info(request, _("The token is revoked."))
    return redirect("tokens")


def _days(raw: str) -> int | None:
    if raw == "":
        return None
    if not raw.isascii() or not raw.isdigit() or len(raw) > 4:
        raise Invalid(_("days must be a number"))
    return int(raw)
