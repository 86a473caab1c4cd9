"""Advisory locks are taken by the names of one table."""

from __future__ import annotations

from pathlib import Path

from annotation.cot.locks import Lock

ROOT = Path(__file__).resolve().parents[3]
TABLE = ROOT / "annotation" / "cot" / "locks.py"
# Its first number is the hash of the table and project that it marks.
MARK = ROOT / "annotation" / "models" / "sql" / "stepwise_outbox_mark.sql"


def test_no_other_file_takes_an_advisory_lock_by_a_number_of_its_own() -> None:
    files = [
        path
        for folder in ("annotation", "verifier", "training", "lab", "config")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".sql") and "migrations" not in path.parts
    ]
    taking = {path for path in files if "pg_advisory" in path.read_text()}
    assert taking == {TABLE, MARK}


def test_no_two_locks_share_a_number() -> None:
    assert len({int(lock) for lock in Lock.__members__.values()}) == len(Lock.__members__)
