"""A zip of data files: unpacked beside each other, within bounds. No Django."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from annotation.pairs.readers.opening import KINDS, Growth, Unreadable, kind_of
from annotation.pairs.readers.rows import ImportFileError

MAX_MEMBERS = 1000
MAX_UNPACKED = 20 * 1024**3  # bytes of all members, however large the archive is
ZIP = b"PK\x03\x04"
_BLOCK = 1 << 20
_ENCRYPTED = 0x1


def is_zip(name: str, head: bytes) -> bool:
    """An Excel workbook is a zip as well, and none of data files."""
    return name.lower().endswith(".zip") and head.startswith(ZIP)


def unpack(archive: IO[bytes], name: str, folder: Path) -> list[Path]:
    """The data files of a zip, put into ``folder`` under names of ours; all else,
    such as pictures, stays in it.

    Raises:
        ImportFileError: it cannot be read, is encrypted, unpacks to more than files of rows do,
            or has no data file.
        OSError: there is no room for them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    try:
        with zipfile.ZipFile(archive) as opened:
            growth = Growth(sum(each.compress_size for each in opened.infolist()), MAX_UNPACKED)
            for member in _members(opened, name):
                made.append(_copied(opened, member, folder, growth))
    except Unreadable as error:
        raise ImportFileError(f"{name}: {error}") from error
    except (zipfile.BadZipFile, NotImplementedError, zlib.error, EOFError) as error:
        raise ImportFileError(f"{name} is cut, damaged or no zip: {error}") from error
    if not made:
        kinds = ", ".join(f".{kind}" for kind in KINDS)
        raise ImportFileError(f"{name} has no data file in it: it needs one of {kinds}")
    return sorted(made)


def data_files(folder: Path) -> list[Path]:
    """The files of a folder and the folders in it that can hold rows, by name."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and kind_of(path.name))


def _members(opened: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    every = [each for each in opened.infolist() if not each.is_dir()]
    if len(every) > MAX_MEMBERS:
        raise ImportFileError(f"{name} has more than {MAX_MEMBERS} files in it")
    # What a Mac adds beside each file, and hidden ones.
    wanted = [
        each
        for each in every
        if kind_of(each.filename)
        and not any(part.startswith((".", "__MACOSX")) for part in _parts(each))
    ]
    if any(each.flag_bits & _ENCRYPTED for each in wanted):
        raise ImportFileError(f"{name} is encrypted: unpack it first")
    return wanted


def _copied(
    opened: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, growth: Growth
) -> Path:
    parts = [re.sub(r"[^A-Za-z0-9._-]+", "_", part)[-60:] for part in _parts(member)]
    path = folder / "-".join(parts)[-120:].lstrip(".-")
    if path.exists():
        path = folder / f"{len(list(folder.iterdir()))}-{path.name}"
    with opened.open(member) as source, path.open("wb") as target:
        while block := source.read(_BLOCK):
            growth.add(len(block))
            target.write(block)
    return path


def _parts(member: zipfile.ZipInfo) -> tuple[str, ...]:
    return PurePosixPath(member.filename.replace("\\", "/")).parts
