from __future__ import annotations

from django.urls import path

from training.lineage import influence_page, page, two_runs_page

urlpatterns = [
    path("lineage/label/<int:pk>/", page.label, name="lineage_label"),
    path("lineage/step/<int:pk>/", page.step, name="lineage_step"),
    path(
        "lineage/run/<int:run>/update/<int:update>/pair/<int:pair>/",
        page.update,
        name="lineage_update",
    ),
    path("training/compare/<int:a>/", two_runs_page.choose, name="compare_choose"),
    path("training/compare/<int:a>/<int:b>/", two_runs_page.compare, name="compare"),
    path("quality/<slug:slug>/influence/", influence_page.influence, name="quality_influence"),
    path(
        "quality/<slug:slug>/influence/<int:run>/<int:pk>/",
        influence_page.influence_run,
        name="quality_influence_run",
    ),
]
