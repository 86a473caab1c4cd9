"""The start page by role, the login page and the guideline."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from annotation.cot.errors import TooMany
from annotation.cot.step_names import VALUE_NAMES
from annotation.cot.steps import VALUES, StepKind
from annotation.home.inbox import inbox
from annotation.labelling.guide_anchors import guide_html
from annotation.models import GuidelineVersion, Project
from annotation.people.guard import any_role_required, visitor
from annotation.people.language import refusal_words
from annotation.people.roles import Role, roles_of
from annotation.quality.guidelines_select import rules_grid
from annotation.quality.progress import home_summary


class Login(LoginView):
    template_name = "registration/login.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().post(request, *args, **kwargs)
        except TooMany as error:
            context = self.get_context_data(form=self.get_form_class()(request))
            context["refused"] = refusal_words(error)
            answer = render(request, self.template_name, context, status=error.status)
            answer["Retry-After"] = str(error.seconds)
            return answer


class Password(PasswordChangeView):
    template_name = "registration/password.html"
    success_url = reverse_lazy("home")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.info(self.request, _("The password is changed; other devices are logged out."))
        return super().form_valid(form)


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Leads start with everything that waits for them, the others with their projects."""
    user = visitor(request)
    roles = roles_of(user)
    projects = home_summary(user) if roles else []
    entries = inbox(projects) if Role.LEAD in roles else []
    return render(request, "home/home.html", {"projects": projects, "entries": entries})


@any_role_required(Role.ANNOTATOR, Role.ML_ENGINEER)
def guideline(request: HttpRequest, slug: str) -> HttpResponse:
    """The project's guideline: a panel of the label page, or a page of its own."""
    project = get_object_or_404(Project, slug=slug)
    partial = request.headers.get("HX-Request") == "true"
    name = "labelling/_guideline.html" if partial else "home/guideline.html"
    context = {
        "project": project,
        "html": guide_html(project.guideline),
        "grid": rules_grid(GuidelineVersion(rules=project.rules), None),
        "attributes": [VALUE_NAMES[value] for value in VALUES[StepKind.ATTRIBUTE]],
        "partial": partial,
    }
    return render(request, name, context)
