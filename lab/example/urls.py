from __future__ import annotations

from django.urls import path

from lab.example import page

urlpatterns = [
    path("", page.card, name="example"),
    path("start/", page.start, name="example_start"),
]
