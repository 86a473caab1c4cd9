"""The client against the description of the API: nothing left out, and nothing made up."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from stepwise_client import Client
from tests.api.openapi import Described, Operation, document, example, operations, resolved

# they ask again and again for one operation that another method has
NOT_WALKED = {"close", "wait", "wait_gate", "wait_round"}


@dataclass(frozen=True, slots=True)
class Called:
    method: str
    returns: Any
    operations: list[Operation]
    faults: list[str]


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[Called]:
    file = tmp_path_factory.mktemp("sent") / "file.csv"
    file.write_text("query,title\n")
    return [
        called(name, choice, file)
        for name, _ in inspect.getmembers(Client, inspect.isfunction)
        if not name.startswith("_") and name not in NOT_WALKED
        for choice in range(choices(getattr(Client, name)))
    ]


def choices(method: Callable[..., Any]) -> int:
    """A method whose first argument is one of several words is called with each."""
    hints = typing.get_type_hints(method)
    first = list(inspect.signature(method).parameters)[1:2]
    literal = [hints[n] for n in first if typing.get_origin(hints[n]) is typing.Literal]
    return len(typing.get_args(literal[0])) if literal else 1


def called(name: str, choice: int, file: Path) -> Called:
    transport = Described()
    method, hints = getattr(Client, name), typing.get_type_hints(getattr(Client, name))
    given = {
        parameter.name: argument(hints[parameter.name], choice, file)
        for parameter in list(inspect.signature(method).parameters.values())[1:]
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD
    }
    with Client("http://x", "stw_t", pauses=(), transport=transport) as client:
        answer = getattr(client, name)(**given)
        if isinstance(answer, Iterator):
            list(answer)
    return Called(name, hints["return"], transport.reached, transport.faults)


def argument(hint: Any, choice: int, file: Path) -> Any:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return argument(inner[0], choice, file)
    if origin is typing.Literal:
        return inner[min(choice, len(inner) - 1)]
    if origin is Sequence:
        return [argument(inner[0], choice, file)]
    if origin is Mapping:
        return {}
    if hint is Path:
        return file
    if hasattr(hint, "of"):
        schemas = {"Claim": "Claim", "Job": "ExportStatus"}
        return hint.of(example(document()["components"]["schemas"][schemas[hint.__name__]]))
    if is_dataclass(hint):
        of = typing.get_type_hints(hint)
        record: Any = hint
        return record(**{f.name: argument(of[f.name], choice, file) for f in fields(hint)})
    return {str: "x", int: 1, float: 1.0, bool: True}.get(hint, [])


def test_every_operation_of_the_api_is_reached_by_a_method_of_the_client(
    calls: list[Called],
) -> None:
    reached = {operation.name for call in calls for operation in call.operations}
    assert {operation.name for operation in operations()} - reached == set()


def test_the_client_sends_only_what_the_description_knows_and_all_that_must_be_sent(
    calls: list[Called],
) -> None:
    assert [fault for call in calls for fault in call.faults] == []


def test_every_row_of_the_client_has_the_keys_of_the_description(calls: list[Called]) -> None:
    faults: list[str] = []
    checked = 0
    for call in calls:
        schema = call.operations[0].answer()
        if schema is None:
            continue
        whole = resolved(schema)
        if "results" in whole.get("properties", {}):
            whole = whole["properties"]["results"]
        checked += compared(call.method, call.returns, whole, faults)
    assert faults == []
    assert checked > 40  # rows, rows in rows included


def compared(where: str, hint: Any, schema: dict[str, Any], faults: list[str]) -> int:
    """How many rows were compared; a row's rows are compared with it."""
    inner = typing.get_args(hint)
    if not typing.is_typeddict(hint):
        rows = [each for each in inner if each is not type(None)]
        if len(rows) != 1:
            return 0
        if typing.get_origin(hint) in (list, Iterator):
            schema = resolved(schema).get("items", {})
        return compared(where, rows[0], schema, faults) if schema else 0
    properties = resolved(schema).get("properties", {})
    of = typing.get_type_hints(hint)
    if different := set(of) ^ set(properties):
        faults.append(f"{where}: {hint.__name__}: {', '.join(sorted(different))}")
        return 1
    return 1 + sum(compared(where, of[name], properties[name], faults) for name in of)
