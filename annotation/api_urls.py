from __future__ import annotations

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from annotation import api

app_name = "api"

urlpatterns = [
    path("imports/", api.ImportList.as_view(), name="imports"),
    path("imports/<int:pk>/", api.ImportDetail.as_view(), name="import"),
    path("pairs/", api.PairList.as_view(), name="pairs"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
]
