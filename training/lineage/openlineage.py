"""A lineage as OpenLineage run events (https://openlineage.io/spec/2-0-2/OpenLineage.json):
namespace = project; datasets = step labels, decisions, releases, checkpoints. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from training.lineage.graph import Lineage, LineageNode

PRODUCER = "https://github.com/stepwise/stepwise"
SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_NAMES = uuid.UUID("4f3c2f3e-5b60-5b4e-9a36-5d0f9c4b2a11")
_EVENTS = {"finished": "COMPLETE", "failed": "FAIL", "cancelled": "ABORT", "running": "RUNNING"}


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What an event says of a training run beyond its node; times in ISO 8601."""

    at: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def events(lineage: Lineage, project: str, runs: dict[int, RunFacts]) -> list[dict[str, Any]]:
    """One event a decision, a release and a training run that is in the lineage."""
    return [
        *(_decided(lineage, project, node) for node in lineage.column("resolution")),
        *(_released(lineage, project, node) for node in lineage.column("release")),
        *(
            _trained(lineage, project, node, runs[node.number])
            for node in lineage.column("run")
        ),
    ]


def _decided(lineage: Lineage, project: str, node: LineageNode) -> dict[str, Any]:
    labels = [_name(other) for other in _before(lineage, node)]
    job = f"decide.{node.facts['source']}"
    return _event(project, job, node, node.facts["at"], labels, [_name(node)])


def _released(lineage: Lineage, project: str, node: LineageNode) -> dict[str, Any]:
    decisions = [_name(other) for other in _before(lineage, node)]
    return _event(project, "release", node, node.facts["at"], decisions, [_name(node)])


def _trained(
    lineage: Lineage, project: str, node: LineageNode, facts: RunFacts
) -> dict[str, Any]:
    inputs = [*(_name(other) for other in _before(lineage, node)), *facts.inputs]
    event = _event(
        project, f"train.{node.facts['method']}", node, facts.at, inputs, list(facts.outputs)
    )
    return event | {"eventType": _EVENTS.get(node.facts["state"], "OTHER")}


def _before(lineage: Lineage, node: LineageNode) -> Iterator[LineageNode]:
    return (lineage.nodes[one] for one, other in lineage.edges if other == node.key)


def _name(node: LineageNode) -> str:
    names = {"release": node.facts.get("number", node.number)}
    return f"{node.kind}/{names.get(node.kind, node.number)}"


def _event(
    project: str, job: str, node: LineageNode, at: str, inputs: list[str], outputs: list[str]
) -> dict[str, Any]:
    return {
        "eventType": "COMPLETE",
        "eventTime": at,
        "run": {"runId": str(uuid.uuid5(_NAMES, f"{project}/{node.key}"))},
        "job": {"namespace": project, "name": job},
        "inputs": [{"namespace": project, "name": name} for name in inputs],
        "outputs": [{"namespace": project, "name": name} for name in outputs],
        "producer": PRODUCER,
        "schemaURL": SCHEMA,
    }
