from django.contrib import admin
from django.urls import include, path

from config.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("annotation.api_urls")),
    path("", include("annotation.urls")),
    path("", include("annotation.data_urls")),
    path("training/", include("training.urls")),
]
