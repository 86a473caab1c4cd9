"""What a run was made of, so that the same result can be asked for again (manifest.json)."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Iterable
from pathlib import Path

from training.job.files import file_sha256

PACKAGES = ("torch", "transformers", "trl", "tokenizers", "accelerate", "peft", "datasets")
_WEIGHTS = (".safetensors", ".bin", ".gguf")
_ROOT = Path(__file__).resolve().parents[2]
# all that a run imports of our own
CODE = (
    "training/rl/**/*.py", "training/job/*.py", "training/reward/*.py",
    "training/serving/*.py",
    "annotation/cot/steps.py", "annotation/cot/rules.py", "annotation/cot/quotes.py",
    "annotation/cot/wording.py",
    "verifier/truth.py", "verifier/implied.py", "verifier/checks.py",
)  # fmt: skip


def weights_sha256(folder: Path) -> str | None:
    """One hash over a model folder's weights; None where there are none."""
    files = sorted(path for path in folder.glob("*") if path.suffix in _WEIGHTS)
    return _together(files, folder) if files else None


def package_versions(names: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Versions of the packages that are installed."""
    versions = {}
    for name in names:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def code_version() -> dict[str, str | None]:
    """``sha256`` of the code a run executes, and the ``commit`` of a git checkout (None outside
    of one; changes that are not committed show in the hash alone)."""
    files = sorted(path for pattern in CODE for path in _ROOT.glob(pattern))
    return {"sha256": _together(files, _ROOT), "commit": _commit(_ROOT / ".git")}


def _commit(git: Path) -> str | None:
    try:
        head = (git / "HEAD").read_text(encoding="utf-8").strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        if (git / name).exists():
            return (git / name).read_text(encoding="utf-8").strip()
        packed = (git / "packed-refs").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((line.split()[0] for line in packed if line.endswith(f" {name}")), None)


def _together(files: Iterable[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(root)}\0{file_sha256(path)}\n".encode())
    return digest.hexdigest()
