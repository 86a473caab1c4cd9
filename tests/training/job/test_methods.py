"""One table of methods: whoever has to know a method reads it there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.factories import make_project
from tests.training.world import policy_make
from training.job.config import parse_config
from training.job.methods import METHODS, Method, methods_listing
from training.runs.launch_form import LaunchForm
from training.runs.run_config import config_check

ROOT = Path(__file__).resolve().parents[3]
TOY = Method(
    "toy", "Toy: does nothing", "toy_method:train_toy",
    reads=("seed", "data.eval_split", "fit.epochs"), form=("fit.epochs",),
    leaves="report",
    defaults={"fit": {"epochs": 5.0}},
)  # fmt: skip


FILE = """
def train_toy(run):
    return {"epochs": run.config.fit.epochs}, []
"""


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Method:
    """One file and one row."""
    (tmp_path / "toy_method.py").write_text(FILE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(METHODS, "toy", TOY)
    return TOY


@pytest.mark.django_db
def test_a_method_is_added_by_its_row(toy: Method, tmp_path: Path) -> None:
    form = LaunchForm(initial={"method": "toy"})
    assert ("toy", "Toy: does nothing") in form.fields["method"].choices  # type: ignore[attr-defined]
    assert form.fields["fit__epochs"].widget.attrs["placeholder"] == "5"
    schema = tmp_path / "schema.yaml"
    call_command("spectacular", fail_on_warn=True, file=str(schema))
    components = yaml.safe_load(schema.read_text())["components"]["schemas"]
    assert "toy" in components["MethodEnum"]["enum"]
    assert "| `toy` | Toy: does nothing | a report | `fit.epochs` |" in methods_listing()
    assert parse_config('policy = "p"\nmethod = "toy"').fit.epochs == 5
    policy = policy_make()
    assert config_check(method="toy", policy=policy, rm=None, config={}).method == "toy"
    make_project(slug="shop")
    with pytest.raises(CommandError, match="no training pair"):
        call_command("launch_run", "shop", "toy", policy="policy")


def test_the_trainer_runs_the_file_of_the_row_with_its_defaults(toy: Method) -> None:
    config = parse_config('policy = "p"\nmethod = "toy"')
    facts, answers = METHODS[config.method].load()(SimpleNamespace(config=config))
    assert (facts, answers) == ({"epochs": 5.0}, [])


def test_the_docs_list_the_methods() -> None:
    assert methods_listing() in (ROOT / "docs" / "methods.md").read_text()


def test_the_table_of_methods_needs_no_torch() -> None:
    code = (
        "import sys, training.job.methods, training.job.config; print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


@pytest.mark.rl
@pytest.mark.parametrize("method", METHODS)
def test_every_row_leads_to_a_function(method: str) -> None:
    assert callable(METHODS[method].load())
