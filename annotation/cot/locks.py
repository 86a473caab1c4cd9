"""Every advisory lock, so that no two mean different things by one number. Pure.

PostgreSQL knows a lock by two numbers: ours is the first, what it is about the second. The
marks of the outbox (``stepwise_outbox_mark``; shared, so nobody waits for them) have the hash
of "table:project" in place of ours.
"""

from __future__ import annotations

from enum import IntEnum


class Lock(IntEnum):
    """Held to the end of a transaction: ``SELECT {LOCK}`` with the lock and its subject."""

    IMPORT = 738_205  # of a project: its imports write one after another
    BROKER = 738_206  # 0: the tables of the message queue are made once
    EXAMPLE = 738_207  # 0: one worker at a time plays the people of the example


LOCK = "pg_advisory_xact_lock(%s, %s)"
TRY_LOCK = "pg_try_advisory_xact_lock(%s, %s)"  # false where somebody has it
