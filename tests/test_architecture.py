"""The shape of the tree: who may import and refer to whom, and how long anything may be."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from django.apps import apps

ROOT = Path(__file__).resolve().parent.parent
APPS = (
    "annotation",
    "verifier",
    "training",
    "lab",
    "config",
)  # a later one may know an earlier one
LONGEST_FILE, MEDIAN_FILE, LONGEST_FUNCTION = 300, 100, 60
LONGEST_TEMPLATE_LINE, LONGEST_SCRIPTS = 120, 672


def sources(*folders: str) -> list[Path]:
    return [
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if "migrations" not in path.parts and "__pycache__" not in path.parts
    ]


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_the_import_contracts_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_foreign_keys_point_the_way_imports_do() -> None:
    for number, label in enumerate(APPS):
        for model in apps.get_app_config(label).get_models():
            for field in model._meta.get_fields():
                target = getattr(field, "related_model", None)
                if target is None or field.auto_created:
                    continue
                other = target._meta.app_label
                allowed = {*APPS[: number + 1], "auth"}
                assert other in allowed, f"{model.__name__}.{field.name} -> {other}"


def test_no_file_is_too_long_and_most_are_short() -> None:
    files = sources(*APPS, "bench", "tests")
    long = {str(path.relative_to(ROOT)): lines(path) for path in files}
    assert {name: n for name, n in long.items() if n > LONGEST_FILE} == {}
    assert median(lines(path) for path in sources(*APPS)) < MEDIAN_FILE


def test_no_function_is_too_long() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sources(*APPS)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_there_are_no_signals_and_no_save_overrides() -> None:
    for path in sources(*APPS):
        text = path.read_text()
        assert "django.db.models.signals" not in text, path
        assert "@receiver" not in text, path
        if path.name == "models.py" or path.parent.name == "models":
            assert "def save(" not in text, path


def test_there_is_no_drawer_for_everything() -> None:
    assert [path for path in sources(*APPS) if path.name in {"utils.py", "helpers.py"}] == []


# They say where a value comes from, never what it is.
EMPTY_NAMES = {"found", "said", "asked", "held"}


def names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name


def test_a_name_says_what_it_holds() -> None:
    assert [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in sources(*APPS, "bench", "tests")
        for line, name in names(ast.parse(path.read_text()))
        if name in EMPTY_NAMES
    ] == []


def test_one_class_name_has_one_meaning() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in sources(*APPS):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and node.name != "Command":
                places[node.name].append(str(path.relative_to(ROOT)))
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_no_template_line_is_too_long_to_read() -> None:
    assert [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) >= LONGEST_TEMPLATE_LINE
    ] == []


def test_own_scripts_stay_few() -> None:
    scripts = (ROOT / "static" / "js").glob("*.js")
    assert sum(lines(path) for path in scripts) < LONGEST_SCRIPTS


def test_nothing_private_of_django_is_used() -> None:
    private = re.compile(r"\._(?:result_cache|prefetched_objects_cache|state)\b")
    assert [
        str(path.relative_to(ROOT))
        for path in sources(*APPS)
        if "rl" not in path.parts and private.search(path.read_text())
    ] == []
