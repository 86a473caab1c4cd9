"""Label Studio in a virtual environment of its own: nothing of it comes near ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

VERSION = "1.23.2"
ROOT = Path(__file__).resolve().parents[2]
DEFAULT = ROOT / ".stepwise" / "peer"


def installed(folder: Path) -> Path:
    """The interpreter of the environment in ``folder``, made there if need be (minutes)."""
    python = folder / "bin" / "python"
    done = folder / f".label-studio-{VERSION}"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        wanted = [f"label-studio=={VERSION}", "gunicorn"]
        subprocess.run([str(python), "-m", "pip", "install", "-q", *wanted], check=True)
        done.touch()
    return python


def code_of(python: Path) -> Path:
    """Where its Django project is: it imports its own apps from there, by their short names."""
    code = "import importlib.util as u; print(u.find_spec('label_studio').origin)"
    done = subprocess.run([str(python), "-c", code], check=True, capture_output=True, text=True)
    return Path(done.stdout.strip().splitlines()[-1]).parent
