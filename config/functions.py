"""Every function of the database; ``manage.py migrate`` brings them up to date."""

from __future__ import annotations

from annotation.labelling.submit_sql import SUBMIT
from annotation.models.outbox import MARKS

FUNCTIONS = (*MARKS, SUBMIT)
