from __future__ import annotations

from django.urls import path

from training.rounds import page

urlpatterns = [
    path("", page.circles, name="circles"),
    path("<slug:slug>/", page.circle, name="circle"),
    path("<slug:slug>/live/", page.circle_live, name="circle_live"),
    path("<slug:slug>/start/", page.start, name="circle_start"),
    path("<slug:slug>/advance/", page.advance, name="circle_advance"),
    path("<slug:slug>/stop/", page.stop, name="circle_stop"),
]
