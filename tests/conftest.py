"""One world for all tests, on a throw-away embedded Postgres unless DATABASE_URL is set."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

# A busy machine is no failure, and the same commit gives the same result every time;
# --hypothesis-profile=explore looks for new cases.
hypothesis.settings.register_profile("explore", deadline=None)
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.load_profile("repeatable")

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

# What a process of pytest-xdist starts with: it makes a world of its own, no share of this one.
_GIVEN = dict(os.environ)
_SCRATCH = Path(tempfile.mkdtemp(prefix="stepwise-test-"))


os.environ["STEPWISE_DATA_DIR"] = str(_SCRATCH)
os.environ.setdefault("STEPWISE_POLICY_HOSTS", "127.0.0.0/8")  # the servers of the tests
os.environ.setdefault("STEPWISE_SECRET_KEY", "tests-only-" + "k" * 50)
from config.embedded import ensure_database_url, stop_embedded  # noqa: E402

_SCRATCH.chmod(0o755)
ensure_database_url()

# Messages that this process sends go nowhere; the workers of flow tests, which are processes of
# their own, use the real broker.
os.environ["CELERY_BROKER_URL"] = "memory://"
import config.settings as _settings  # noqa: E402

del os.environ["CELERY_BROKER_URL"]
# The real one is slow on purpose, and tests create many users.
vars(_settings)["PASSWORD_HASHERS"] = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Here and not in pyproject.toml: pytest-django would read the settings before these lines.
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
from django.conf import settings  # noqa: E402

assert _SCRATCH.resolve() == settings.DATA_DIR


_LONG = frozenset({"browser", "config", "lab", "rl", "roles"})  # folders of long files


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that no process waits for one of them at the end."""
    items.sort(key=_brevity)


def _brevity(item: pytest.Item) -> int:
    if item.get_closest_marker("flow") is not None:
        return 0
    return 1 if _LONG & set(item.path.parts) else 2


def pytest_xdist_setupnodes() -> None:
    os.environ.clear()
    os.environ.update(_GIVEN)


@pytest.fixture(scope="session", autouse=True)
def _scratch() -> Iterator[None]:
    yield
    shutil.rmtree(_SCRATCH / "runs", ignore_errors=True)


def pytest_unconfigure() -> None:
    stop_embedded(_SCRATCH / "postgres")
    shutil.rmtree(_SCRATCH, ignore_errors=True)
