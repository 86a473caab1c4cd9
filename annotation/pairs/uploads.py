"""Files as they come through a door, and where they lie until they are imported."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any, BinaryIO, TypeVar
from uuid import uuid4

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

from annotation.cot.errors import NoRoom
from annotation.cot.storable import storable
from annotation.pairs.formats import given
from annotation.pairs.readers.archive import is_zip, unpack
from annotation.pairs.readers.opening import HEAD, Look, look, packed_name
from annotation.pairs.readers.rows import ImportFileError

ARCHIVE = "zip"  # a kind beside those of rows
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Upload:
    """``name`` is the sender's."""

    file: BinaryIO | File[bytes]
    name: str


def uploads_given(values: Mapping[str, Any]) -> dict[str, Any]:
    """The options in a form's values, their files as uploads."""
    return {
        name: Upload(value, value.name or "") if isinstance(value, File) else value
        for name, value in given(values).items()
    }


def upload_look(upload: Upload) -> Look:
    """By its name and first bytes.

    Raises:
        ImportFileError: no file that can be imported.
    """
    head = upload.file.read(HEAD)
    upload.file.seek(0)
    name = storable(Path(upload.name).name)
    return Look(ARCHIVE, "") if is_zip(name, head) else look(name, head)


def uploads_keep(
    uploads: Mapping[T, Upload], beside: str = "", root: Path | None = None
) -> dict[T, list[Path]]:
    """The paths, in a folder of their own or the one named ``beside``, and under short names of
    ours: a name of 90 Chinese characters is too long for a file system. Of an archive those of
    the data files in it. ``root`` is where all uploads lie.

    Raises:
        ImportFileError: an archive cannot be unpacked.
        NoRoom: they cannot be kept.
    """
    storage = FileSystemStorage(root)
    folder = f"imports/{beside or uuid4().hex}"
    try:
        return {key: _kept(storage, folder, upload) for key, upload in uploads.items()}
    except OSError as error:
        _forget_new(storage, folder, beside)
        raise NoRoom(f"the file cannot be kept: {error.strerror or error}") from error
    except ImportFileError:
        _forget_new(storage, folder, beside)
        raise


def upload_forget(path: Path) -> None:
    """Remove all that was uploaded with it; files of earlier versions lie beside others."""
    if path.is_dir():
        rmtree(path, ignore_errors=True)
        return
    path.unlink(missing_ok=True)
    if path.parent.name != "imports":
        rmtree(path.parent, ignore_errors=True)


def _kept(storage: FileSystemStorage, folder: str, upload: Upload) -> list[Path]:
    name = storable(Path(upload.name).name)
    if upload_look(upload).kind == ARCHIVE:
        return unpack(upload.file, name, Path(storage.path(folder)))
    return [Path(storage.path(storage.save(f"{folder}/{_short(name)}", File(upload.file))))]


def _forget_new(storage: FileSystemStorage, folder: str, beside: str) -> None:
    if not beside:
        rmtree(storage.path(folder), ignore_errors=True)


def _short(name: str) -> str:
    """A few plain characters of it, and what tells the kind of file."""
    stem, *suffixes = name.split(".")
    plain = re.sub(r"[^A-Za-z0-9_-]+", "", stem)[:40] or "upload"
    return ".".join([plain, *suffixes[-2:]] if packed_name(name) else [plain, suffixes[-1]])
