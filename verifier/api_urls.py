from __future__ import annotations

from django.urls import path

from verifier import release_api, truth_api

urlpatterns = [
    path("releases/", release_api.Releases.as_view(), name="api_releases"),
    path(
        "releases/<int:pk>/truth/",
        release_api.ReleaseTruth.as_view(),
        name="api_release_truth",
    ),
    path("truths/", truth_api.Truths.as_view(), name="api_truths"),
    path("truths/<int:pk>/", truth_api.TruthDetail.as_view(), name="api_truth"),
    path(
        "truths/<int:pk>/withdraw/",
        truth_api.TruthWithdraw.as_view(),
        name="api_truth_withdraw",
    ),
    path("truths/<int:pk>/reopen/", truth_api.TruthReopen.as_view(), name="api_truth_reopen"),
]
