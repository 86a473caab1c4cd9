from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import include, path

from annotation.deciding import adjudicate_page as adjudicate
from annotation.home import page as home
from annotation.labelling import draft_page as draft
from annotation.labelling import flags_page as flags
from annotation.labelling import page as label
from annotation.labelling import practice_page as practice
from annotation.labelling import recent_page as recent
from annotation.quality import progress_page as progress

urlpatterns = [
    path("", home.home, name="home"),
    path("login/", home.Login.as_view(), name="login"),
    path("password/", home.Password.as_view(), name="password"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("guideline/<slug:slug>/", home.guideline, name="guideline"),
    path("label/", label.label, name="label"),
    path("label/practice/<slug:slug>/", practice.practice, name="practice"),
    path("label/recent/", recent.recent, name="label_recent"),
    path("label/<int:pk>/submit/", label.submit, name="label_submit"),
    path("label/<int:pk>/skip/", label.skip, name="label_skip"),
    path("label/<int:pk>/unskip/", label.unskip, name="label_unskip"),
    path("label/<int:pk>/draft/", draft.draft, name="label_draft"),
    path("label/<int:pk>/heartbeat/", draft.heartbeat, name="label_heartbeat"),
    path("label/<int:pk>/flag/", flags.flag, name="label_flag"),
    path("label/undo/<int:pk>/", label.undo, name="label_undo"),
    path("adjudication/", adjudicate.adjudication, name="adjudication"),
    path("adjudication/<int:pk>/", adjudicate.adjudicate, name="adjudicate"),
    path("adjudication/<int:pk>/drop/", adjudicate.drop, name="adjudicate_drop"),
    path("flags/", flags.flags, name="flags"),
    path("flags/<int:pk>/settle/", flags.settle, name="flag_settle"),
    path("progress/", progress.progress, name="progress"),
    path("quality/", include("annotation.quality.urls")),
]
