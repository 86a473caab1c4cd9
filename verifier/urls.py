from __future__ import annotations

from django.urls import path

from verifier import truth_page

urlpatterns = [
    path("<slug:slug>/truth/", truth_page.truths, name="quality_truths"),
    path("truth/<int:pk>/", truth_page.truth, name="quality_truth"),
    path("truth/<int:pk>/withdraw/", truth_page.withdraw, name="quality_truth_withdraw"),
    path("truth/<int:pk>/reopen/", truth_page.reopen, name="quality_truth_reopen"),
]
