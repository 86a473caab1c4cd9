"""The compose file and the images name only what exists. Read as data; nothing is started."""

from __future__ import annotations

import importlib
import re
import shlex
from importlib import metadata
from itertools import pairwise
from typing import Any

import pytest
import yaml
from django.core.management import get_commands
from packaging.requirements import Requirement

from config.embedded import ROOT
from config.heartbeat import QUEUES

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
STAGES = re.findall(r"^FROM \S+ AS (\w+)$", DOCKERFILE, re.MULTILINE)


def options_of(command: list[str], name: str) -> list[str]:
    return [value for option, value in pairwise(command) if option == name]


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text().splitlines()
    return dict(line.split("==") for line in lines if "==" in line)


def test_vllm_goes_with_the_trainer_it_samples_for() -> None:
    ours, beside = pins("requirements.lock"), pins("requirements-vllm.lock")
    differing = {name for name in ours.keys() & beside.keys() if ours[name] != beside[name]}
    assert differing <= {"numpy"}
    wants = [Requirement(line) for line in metadata.requires("trl") or []]
    vllm = next(want for want in wants if want.name == "vllm")
    assert beside["vllm"] in vllm.specifier


def test_the_services_are_the_documented_ones() -> None:
    assert set(SERVICES) == {
        *("postgres", "redis", "migrate", "web", "beat", "vllm", "vllm-sync"),
        *(f"worker-{queue}" for queue in QUEUES),
    }
    assert SERVICES["worker-train"]["profiles"] == SERVICES["vllm"]["profiles"] == ["gpu"]


def test_every_queue_has_exactly_one_kind_of_worker() -> None:
    heard = [
        queue
        for service in OURS.values()
        for value in options_of(service["command"], "--queues")
        for queue in value.split(",")
    ]
    assert sorted(heard) == sorted(QUEUES)


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_services_command_names_what_exists(name: str) -> None:
    program, *arguments = OURS[name]["command"]
    if OURS[name]["build"]["target"] == "vllm" and program != "celery":
        assert arguments[0] in {"-m", "vllm-serve"}  # vLLM's and TRL's own, not installed here
        return
    if program == "python":
        assert arguments[0] == "manage.py"
        assert arguments[1] in get_commands()
        return
    assert program in {"granian", "celery"}
    named = arguments[0] if program == "granian" else options_of(arguments, "-A")[0]
    module = named.partition(":")[0]
    assert importlib.import_module(module)
    if program == "celery":
        assert {"worker", "beat"} & set(arguments)


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_service_is_built_from_a_target_that_has_what_it_runs(name: str) -> None:
    target = OURS[name]["build"]["target"]
    assert target in STAGES
    needs = {
        "worker-inference": "rl",
        "worker-train": "vllm",
        "vllm": "vllm",
        "vllm-sync": "vllm",
    }
    assert target == needs.get(name, "web")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_dependency_can_reach_the_condition_that_is_waited_for(name: str) -> None:
    for other, wait in SERVICES[name].get("depends_on", {}).items():
        assert other in SERVICES
        if wait["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]
        else:
            assert wait["condition"] == "service_completed_successfully"
            assert SERVICES[other]["restart"] == "no"


def test_nobody_starts_before_the_tables_are_there() -> None:
    for name in set(OURS) - {"migrate"}:
        assert "migrate" in OURS[name]["depends_on"]


def test_every_variable_of_a_service_is_read_by_the_settings() -> None:
    read = "".join(path.read_text() for path in (ROOT / "config").rglob("*.py"))
    for service in OURS.values():
        for variable in service["environment"]:
            assert f'"{variable}"' in read


def test_every_variable_the_compose_file_asks_for_is_in_the_example() -> None:
    variables = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    example = re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert variables == set(example)


def test_every_file_an_image_copies_exists() -> None:
    for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE):
        *sources, _ = shlex.split(line)
        for source in sources:
            assert (ROOT / source).exists(), source


def test_every_folder_of_the_application_is_copied() -> None:
    copied = set(re.findall(r"^COPY (\w+) \w+$", DOCKERFILE, re.MULTILINE))
    needed = {"config", "annotation", "verifier", "training", "templates", "static"}
    needed |= {"locale"} & {path.name for path in ROOT.iterdir()}
    assert copied >= needed


def test_the_web_image_has_no_torch() -> None:
    before_rl = DOCKERFILE.split(" AS rl", 1)[0]
    assert "--group web" in before_rl
    assert "--group rl" not in before_rl


def test_volumes_are_declared() -> None:
    used = {
        volume.split(":", 1)[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
    }
    assert used == set(COMPOSE["volumes"])
