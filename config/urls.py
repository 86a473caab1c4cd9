from django.contrib import admin
from django.urls import include, path

from annotation.home.page import Login
from annotation.people.account_api import Nowhere
from config.health import healthz

# Its width is worth more to the tables; the start page lists the same.
admin.site.enable_nav_sidebar = False

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("admin/login/", Login.as_view()),  # one door for passwords, with one count of tries
    path("admin/", admin.site.urls),
    path("api/v1/", include("annotation.api_urls")),
    path("api/v1/", include("verifier.api_urls")),
    path("api/v1/", include("training.api_urls")),
    path("api/<path:rest>", Nowhere.as_view(), name="api_nowhere"),
    path("i18n/", include("django.conf.urls.i18n")),  # the language switch
    path("", include("annotation.urls")),
    path("", include("annotation.data_urls")),
    path("quality/", include("verifier.urls")),
    path("quality/", include("training.quality_urls")),
    path("training/", include("training.urls")),
    path("circle/", include("training.rounds.urls")),
    path("example/", include("lab.example.urls")),
    path("", include("training.lineage.urls")),
]

handler400 = "config.unavailable.bad_request"
handler403 = "config.unavailable.denied"
handler404 = "config.unavailable.not_there"
handler500 = "config.unavailable.failed"
