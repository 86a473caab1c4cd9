"""The import format that makes rollouts; ``IMPORT_FORMATS`` in the settings names this."""

from __future__ import annotations

from annotation.pairs.formats import ENCODING, PARTS, WRITER, ImportFormat
from annotation.pairs.readers import cots
from training.rollouts.own.store import cots_import

COTS = ImportFormat(
    "cots",
    "chains of thought for pairs that are here",
    "Chains of thought",
    cots.read_rows,
    cots_import,
    takes=(PARTS, WRITER, ENCODING),
)
FORMATS = (COTS,)
