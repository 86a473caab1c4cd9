"""All settings, flat. Every value can be set by an environment variable of the same name."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import dj_database_url
import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured

from config.broker import broker_settings
from config.demo import is_loopback
from config.embedded import data_dir, is_embedded
from config.env import env_bool, env_gone, env_int, env_list, env_str
from config.secret import secret_key
from config.servers import servers_check

django_stubs_ext.monkeypatch()  # ModelAdmin[Pair] and the like, at run time too

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = data_dir()
RUNS_DIR = Path(env_str("STEPWISE_RUNS_DIR") or DATA_DIR / "runs")
SEED_POLICY = Path(env_str("STEPWISE_SEED_POLICY") or BASE_DIR / "training" / "seed_policy")

DEBUG = env_bool("STEPWISE_DEBUG", False)
EMBEDDED = is_embedded()
SECRET_KEY = secret_key(env_str("STEPWISE_SECRET_KEY"), embedded=EMBEDDED, folder=DATA_DIR)
# Where `make run` listens; a public password is for nobody but this machine, unless asked for.
HOST = env_str("HOST") or "127.0.0.1"
DEMO_USERS = EMBEDDED and env_bool("STEPWISE_DEMO_USERS", is_loopback(HOST))
# Health checks ask from the machine itself, whatever name the world uses.
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *env_list("STEPWISE_ALLOWED_HOSTS", "")]
CSRF_TRUSTED_ORIGINS = env_list("STEPWISE_CSRF_TRUSTED_ORIGINS", "")

# Behind a proxy that ends TLS and sets X-Forwarded-Proto.
HTTPS = env_bool("STEPWISE_HTTPS", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
# How many proxies add themselves to X-Forwarded-For on the way here.
PROXIES = env_int("STEPWISE_PROXIES", 1 if HTTPS else 0, 0, 10)
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# Whether the other names of the domain are served by TLS alone is not ours to promise.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # asked from inside, without the proxy

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "annotation",
    "verifier",
    "training",
    "lab",
    "config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.content_policy.ContentPolicyMiddleware",
    "config.post_only.PostOnlyMiddleware",
    "config.static.StaticFilesMiddleware",
    "config.request_text.RequestTextMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
CSRF_FAILURE_VIEW = "config.unavailable.csrf_failed"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "annotation.people.context.frame",
                "config.demo.demo_logins",
                "config.health.silent_queues",
            ],
        },
    },
]

DATABASE_URL = env_str("DATABASE_URL")
DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(
        DATABASE_URL or "postgresql://postgres@/stepwise",
        # A minute, so that no plan outlives the table sizes that it was made for by much more.
        conn_max_age=60,
        conn_health_checks=True,
    )
}
if "postgresql" not in DATABASES["default"]["ENGINE"]:
    raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL server")
DATABASES["default"]["ENGINE"] = "config.postgresql"
# Off behind a pooler that gives each transaction another session (PgBouncer before 1.21).
if env_bool("STEPWISE_PREPARED_STATEMENTS", True):
    # Out of reach for psycopg's own counting: only what asks for it is prepared.
    DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = 2**31

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{kind}Validator"}
    for kind in (
        "UserAttributeSimilarity",
        "MinimumLength",
        "CommonPassword",
        "NumericPassword",
    )
]
# Wrong passwords that an account and an address (which a whole office may share) have in so
# many seconds; then nothing is tried until they are over.
SIGN_IN_TRIES = env_int("STEPWISE_SIGN_IN_TRIES", 10, 1, 10_000)
SIGN_IN_TRIES_ADDRESS = env_int("STEPWISE_SIGN_IN_TRIES_ADDRESS", 50, 1, 1_000_000)
SIGN_IN_SECONDS = env_int("STEPWISE_SIGN_IN_SECONDS", 900, 1, 86_400)
AUTHENTICATION_BACKENDS = ["annotation.people.backend.PersonBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env_str("STEPWISE_STATIC_ROOT") or BASE_DIR / "staticfiles")
WHITENOISE_USE_FINDERS = True  # without collectstatic, files are served from where they lie
MEDIA_ROOT = DATA_DIR / "media"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
UPLOAD_MB = env_int("STEPWISE_UPLOAD_MB", 2048, 1, 1_000_000)  # of all files of a request
FILE_UPLOAD_HANDLERS = [
    "config.upload_limit.UploadLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "annotation.people.access.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["annotation.people.access.PersonThrottle"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "annotation.people.problems.problem_handler",
}
API_PER_MINUTE = env_int("STEPWISE_API_PER_MINUTE", 1200, 1, 1_000_000)  # requests a person
SPECTACULAR_SETTINGS = {
    "TITLE": "Stepwise",
    "DESCRIPTION": "People verify a relevance model's reasoning step by step.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "ItemState": "annotation.models.queue.QueueItem.State",
        "ItemReason": "annotation.models.queue.QueueItem.Reason",
        "DisputeState": "annotation.models.quality.GoldDispute.State",
        "ClaimState": "annotation.models.queue.Assignment.State",
        "JobState": "annotation.models.exports.ExportJob.State",
        "ProjectLayout": [("answer_last", "answer last"), ("answer_first", "answer first")],
        "ImportState": "annotation.models.imports.ImportJob.State",
        "RunState": "training.models.TrainingRun.State",
        "TruthSource": "verifier.models.GroundTruth.Source",
        "Layout": "annotation.cot.steps.LAYOUTS",
        "DecidedVerdict": "annotation.deciding.api.DECIDED",
        "AttributeState": "annotation.cot.attributes.STATES",
        "SplitName": "annotation.cot.splits.SPLITS",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "annotation.people.schema.add_problems",
    ],
}

# Tables of annotation.pairs.formats.ImportFormat, in the order of the forms.
IMPORT_FORMATS = (
    "annotation.pairs.table.FORMATS",
    "annotation.labelling.import_table.FORMATS",
    "training.rollouts.own.table.FORMATS",
)
# Tables of annotation.exports.formats.ExportFormat.
EXPORT_FORMATS = (
    "annotation.exports.tables.FORMATS",
    "training.runs.export_tables.FORMATS",
    "annotation.exports.huggingface.FORMATS",
    "annotation.exports.label_studio.FORMATS",
    "annotation.exports.search.FORMATS",
)
# What an export says beside its rows: annotation.exports.formats.ExportFilter -> lines.
EXPORT_NOTES = ("training.runs.export_notes.waived_policies",)

# Labelling
LEASE_SECONDS = env_int("STEPWISE_LEASE_SECONDS", 900, 10, 86_400)
# A submission can be undone until its item is decided, which is this long after the last one.
UNDO_SECONDS = env_int("STEPWISE_UNDO_SECONDS", 15, 0, 86_400)
env_gone("STEPWISE_RESOLVE_AFTER_SECONDS", "STEPWISE_UNDO_SECONDS is both")

# Training jobs
RUN_LEASE_SECONDS = env_int("STEPWISE_RUN_LEASE_SECONDS", 60, 5, 3_600)
# An OpenAI-compatible server: models it serves under a checkpoint's path or model name are
# sampled there, all others in a local process.
POLICY_URL = env_str("STEPWISE_POLICY_URL")
POLICY_API_KEY = env_str("STEPWISE_POLICY_API_KEY")
# The other servers that a checkpoint or a run may name.
POLICY_HOSTS = env_list("STEPWISE_POLICY_HOSTS", "")
servers_check(POLICY_URL, POLICY_API_KEY, POLICY_HOSTS)
# A chat model that writes first CoTs, with a key of its own; others are among POLICY_HOSTS.
CHAT_URL = env_str("STEPWISE_CHAT_URL")
CHAT_API_KEY = env_str("STEPWISE_CHAT_API_KEY")
servers_check(CHAT_URL, CHAT_API_KEY, (), "STEPWISE_CHAT_URL", "STEPWISE_CHAT_API_KEY")
# A server of reward models, one of the two above: those it serves score there.
RM_URL = env_str("STEPWISE_RM_URL")
# The interpreter of sampling, scoring and training; a fleet gives RL an environment of its own.
RL_PYTHON = env_str("STEPWISE_RL_PYTHON") or sys.executable
# What precedes `training.rl.train RUN_DIR`, e.g. "accelerate launch --num_processes 8 -m".
TRAIN_LAUNCHER = env_str("STEPWISE_TRAIN_LAUNCHER") or shlex.join([RL_PYTHON, "-m"])
TORCH_THREADS = env_int("STEPWISE_TORCH_THREADS", 1, 1, 256)
# Disagreements a project that scheduled sampling keeps in the queue; 0 = by hand only.
DISAGREEMENTS_LIVE = env_int("STEPWISE_DISAGREEMENTS_LIVE", 20, 0, 100_000)

# Celery: long jobs claim their row with a lease, so a message delivered twice is harmless.
# A killed worker's message comes back after this many seconds.
VISIBILITY_SECONDS = env_int("STEPWISE_VISIBILITY_SECONDS", 120, 2, 86_400)
CELERY_BROKER_URL, CELERY_BROKER_TRANSPORT_OPTIONS = broker_settings(
    env_str("CELERY_BROKER_URL"), DATABASES["default"], VISIBILITY_SECONDS
)
CELERY_BROKER_POOL_LIMIT = 2
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    # What may take long; `default` is for what must be prompt.
    "annotation.tasks.import_job_start": {"queue": "bulk"},
    "annotation.tasks.export_job_start": {"queue": "bulk"},
    "annotation.tasks.consensus_fit_due": {"queue": "bulk"},
    "training.tasks.bulk_decide": {"queue": "bulk"},
    "training.tasks.run_launch": {"queue": "train"},
    "training.tasks.rollouts_run": {"queue": "inference"},
    "training.tasks.steps_score": {"queue": "inference"},
    "training.tasks.rm_gate": {"queue": "inference"},
}
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Remote control would give every worker a reply queue; heartbeat rows tell who is alive.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "filters": {"without_ticks": {"()": "config.quiet.WithoutTicks"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["without_ticks"],
        }
    },
    "root": {"handlers": ["console"], "level": env_str("STEPWISE_LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
    },
}
