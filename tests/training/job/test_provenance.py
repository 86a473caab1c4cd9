"""What names the code behind a run's numbers names all of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from training.job.child import ROOT
from training.job.provenance import CODE

_LOADED = """
import sys, training.rl.train, training.rl.policy.sample, training.rl.reward_model.score
from training.job.methods import METHODS
for method in METHODS.values():
    method.load()
for name in ("annotation", "verifier", "training", "lab", "config"):
    for module in list(sys.modules.values()):
        if module.__name__.split(".")[0] == name and module.__file__:
            print(module.__file__)
"""


@pytest.mark.rl
def test_every_module_that_a_run_loads_is_in_the_hash_of_its_code() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LOADED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    hashed = {str(path) for pattern in CODE for path in ROOT.glob(pattern)}
    loaded = {line for line in done.stdout.splitlines() if not line.endswith("__init__.py")}
    assert str(ROOT / "training" / "rl" / "train.py") in loaded
    assert loaded - hashed == set()
