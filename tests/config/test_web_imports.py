from __future__ import annotations

import json
import os
import subprocess
import sys

from config.embedded import ROOT

HEAVY = ("transformers", "pandas", "sklearn", "nltk", "torch")
# The server, every page, every task, and the one estimate that once needed pandas.
CODE = f"""
import json, sys
import config.wsgi, config.urls, annotation.tasks, verifier.tasks, training.tasks
from annotation.deciding.consensus import fit_skill
fit_skill([(1, 1, "correct"), (1, 2, "correct")])
print(json.dumps([name for name in {HEAVY} if name in sys.modules]))
"""


def test_the_web_side_loads_none_of_the_training_stack() -> None:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",  # importing asks no database
        "STEPWISE_SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP",
    }
    child = subprocess.run(
        [sys.executable, "-c", CODE], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert child.returncode == 0, child.stderr
    assert json.loads(child.stdout) == []
