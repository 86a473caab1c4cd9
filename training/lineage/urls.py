from __future__ import annotations

from django.urls import path

from training.lineage import influence_page, page

urlpatterns = [
    path("lineage/label/<int:pk>/", page.label, name="lineage_label"),
    path("lineage/step/<int:pk>/", page.step, name="lineage_step"),
    path(
        "lineage/run/<int:run>/update/<int:update>/pair/<int:pair>/",
        page.update,
        name="lineage_update",
    ),
    path("quality/<slug:slug>/influence/", influence_page.influence, name="quality_influence"),
    path(
        "quality/<slug:slug>/influence/<int:run>/<int:pk>/",
        influence_page.influence_run,
        name="quality_influence_run",
    ),
]
