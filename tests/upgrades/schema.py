"""What a database is made of, as text: two databases with the same answer have one schema."""

from __future__ import annotations

import re
from typing import Any

import psycopg

# Kind -> a query of its parts, one text a row, in the schema where the tables lie.
_PARTS = {
    "relation": "select format('%s (%s)', relname, relkind) from pg_class where {here}",
    "column": """
        select format('%s.%s: %s%s%s%s', c.relname, a.attname,
            format_type(a.atttypid, a.atttypmod),
            case when a.attnotnull then ' not null' end,
            ' default ' || pg_get_expr(d.adbin, d.adrelid),
            ' identity ' || nullif(a.attidentity::text, ''))
        from pg_attribute a join pg_class c on c.oid = a.attrelid
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where a.attnum > 0 and not a.attisdropped and c.relkind = 'r' and c.{here}""",
    "constraint": """
        select format('%s of %s: %s%s', conname, conrelid::regclass, pg_get_constraintdef(oid),
            case when not convalidated then ' (not checked)' end)
        from pg_constraint where connamespace = 'public'::regnamespace""",
    "index": "select indexdef from pg_indexes where schemaname = 'public'",
    "function": """
        select pg_get_functiondef(oid) from pg_proc
        where pronamespace = 'public'::regnamespace and prokind in ('f', 'p')""",
    "trigger": """
        select format('%s (%s)', pg_get_triggerdef(t.oid), t.tgenabled)
        from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where not t.tgisinternal and c.{here}""",
    "sequence": """
        select format('%s %s %s..%s by %s of %s', s.seqrelid::regclass, s.seqtypid::regtype,
            s.seqmin, s.seqmax, s.seqincrement,
            (select format('%s.%s', d.refobjid::regclass, a.attname)
             from pg_depend d join pg_attribute a
                on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
             where d.objid = s.seqrelid and d.deptype in ('a', 'i')))
        from pg_sequence s join pg_class c on c.oid = s.seqrelid where c.{here}""",
}
_HERE = "relnamespace = 'public'::regnamespace"


def schema_of(connection: psycopg.Connection[Any]) -> dict[str, set[str]]:
    """Kind -> its parts in the schema ``public``."""
    return {
        kind: {_plain(row[0]) for row in connection.execute(query.format(here=_HERE).encode())}
        for kind, query in _PARTS.items()
    }


def _plain(part: str) -> str:
    """Without the casts of texts, which a restored dump writes at another place of a list."""
    part = re.sub(r"::(character varying|text)(\[\])?", "", part)
    part = re.sub(r"\(('[^']*')\)", r"\1", part)
    return re.sub(r"\(\((ARRAY\[[^]]*\])\)\)", r"(\1)", part)
