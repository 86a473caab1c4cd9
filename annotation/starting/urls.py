from __future__ import annotations

from django.urls import path

from annotation.starting import page

urlpatterns = [
    path("new/", page.create, name="project_create"),
    path("<slug:slug>/import/", page.more, name="project_import"),
    path("<slug:slug>/import/<int:pk>/", page.job, name="import_job"),
    path("<slug:slug>/import/<int:pk>/progress/", page.progress, name="import_progress"),
    path("<slug:slug>/import/<int:pk>/plan/", page.plan, name="import_plan"),
    path("<slug:slug>/import/<int:pk>/format/", page.read_as, name="import_read_as"),
    path("<slug:slug>/import/<int:pk>/files/", page.add, name="import_add"),
    path("<slug:slug>/import/<int:pk>/start/", page.start, name="import_start"),
]
