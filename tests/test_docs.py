"""What the documents name exists, and what can be set is documented."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parent.parent
# The papers' and the log's own words are no promises about this tree.
PAGES = [
    path
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    if path.exists()
]
CODE = ("config", "annotation", "verifier", "training", "bench", "tests")
READ = re.compile(r"""env_(?:str|bool|int|list)\(\s*"([A-Z_]+)"|environ\.get\("([A-Z_]+)"\)""")
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def code_of(page: Path) -> str:
    """The fenced blocks and the `spans` of a page."""
    text = page.read_text()
    fences = re.findall(r"```.*?\n(.*?)```", text, re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return "\n".join([*fences, *spans])


def source_text() -> str:
    files = [path for folder in CODE for path in (ROOT / folder).rglob("*.py")]
    files += [ROOT / name for name in ("Makefile", "docker-compose.yml", "Dockerfile")]
    return "\n".join(path.read_text() for path in files if path != Path(__file__))


def settings_variables() -> set[str]:
    text = "\n".join(path.read_text() for path in (ROOT / "config").rglob("*.py"))
    return {one or other for one, other in READ.findall(text)} - {"NO_COLOR"}


@pages
def test_every_make_target_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|[`\s])make ([a-z][a-z-]*)", code_of(page)))
    assert named <= targets


@pages
def test_every_management_command_exists(page: Path) -> None:
    assert set(re.findall(r"manage\.py ([a-z_]+)", code_of(page))) <= set(get_commands())


@pages
def test_every_test_that_is_named_exists(page: Path) -> None:
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    defined = set(re.findall(r"def (test_\w+)\(", tests))
    assert set(re.findall(r"^(test_\w+)$", code_of(page), re.MULTILINE)) <= defined


@pages
def test_every_module_that_is_run_exists(page: Path) -> None:
    for module in re.findall(r"python -m ([\w.]+)", code_of(page)):
        assert importlib.util.find_spec(module), module


@pages
def test_every_variable_exists(page: Path) -> None:
    source = source_text()
    for name in set(re.findall(r"\bSTEPWISE_[A-Z_]+[A-Z]\b", page.read_text())):
        assert name in source or name.removesuffix("_FILE") in source, name


@pages
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), target


def test_every_variable_of_the_settings_is_in_the_settings_table() -> None:
    table = (ROOT / "docs" / "operations.md").read_text()
    assert {name for name in settings_variables() if f"`{name}`" not in table} == set()


def test_the_test_command_of_the_readme_is_what_ci_runs() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text().splitlines()
    assert "make test" in (ROOT / "README.md").read_text()


def test_every_make_target_has_a_line_of_help_or_is_a_file() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = re.findall(r"^\.PHONY: ([a-z]+)", makefile, re.MULTILINE)
    assert [name for name in phony if not re.search(rf"^{name}:.*## ", makefile, re.M)] == []


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text()
    for page in folder.glob("0*.md"):
        title = page.read_text().splitlines()[0].lstrip("# ").partition(" ")[2]
        assert f"| [{page.name[:4]}]({page.name}) | {title} |" in index
