"""Values that rows bring for pairs that are known: new, the same, or against what is stored."""

from __future__ import annotations

from annotation.cot.gold import answers_conflict
from annotation.cot.rules import Rules
from annotation.pairs.report import ImportReport
from annotation.pairs.staged import Staged, Values


def known_values_keep(staged: Staged, rules: Rules, report: ImportReport) -> None:
    """Of the last batch. Values are added where there were none; what is stored stays, and a
    value against it is named. A file that contradicts itself in gold is wrong; in silver, which
    is no human's, it is named."""
    for pair in staged.differing():
        gold, wrong = _compared(pair.gold, pair.stored_gold)
        silver, other = _compared(pair.silver, pair.stored_silver)
        if wrong and pair.here:
            report.refuse(pair.line, f"it contradicts an earlier row of the pair: {wrong}")
            continue
        for what in filter(None, (wrong, other and f"silver {other}")):
            report.notice(pair.line, f"differs from what is stored, which stays: {what}")
            report.count("values_differing")
        if gold and (conflict := answers_conflict(pair.stored_gold | gold, rules)):
            report.notice(pair.line, f"{conflict}: its values were not made gold")
            gold = {}
        if gold or silver:
            staged.values_add(pair, gold, silver)
            if not pair.here:
                report.count("values_added", len(gold) + len(silver))


def _compared(values: Values, stored: Values) -> tuple[Values, str]:
    """Those that are new, and in words those that differ."""
    new = {kind: value for kind, value in values.items() if kind not in stored}
    kinds = sorted(kind for kind, value in values.items() if stored.get(kind, value) != value)
    return new, ", ".join(f"'{values[kind]}' but '{stored[kind]}'" for kind in kinds)
