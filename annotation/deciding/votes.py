"""Each annotator's labels on a split item, blind: people are A, B, C in order of slot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from django.utils.functional import Promise

from annotation.cot.attributes import marks_of
from annotation.cot.rules import parse_rules
from annotation.cot.step_names import VALUE_NAMES
from annotation.cot.steps import StepKind
from annotation.deciding.resolution import item_decisions
from annotation.labelling.cards import STATE_NAMES, VERDICTS
from annotation.models import QueueItem, StepLabel
from annotation.people.language import in_words

_VERDICT_NAMES = {value: name for value, _key, name in VERDICTS}


@dataclass(frozen=True, slots=True)
class VoteCard:
    who: str
    verdict: str = ""
    verdict_name: str | Promise = ""
    value_name: str | Promise = ""
    comment: str = ""
    reason: str = ""
    quote: str = ""
    warning: str = ""
    attributes: Sequence[tuple[str, str | Promise]] = ()


def split_kinds(item: QueueItem) -> set[int]:
    """The steps on which people differ; a lead must decide these."""
    return {k for k, decision in item_decisions(item).items() if decision.status == "split"}


def vote_cards(item: QueueItem) -> dict[int, list[VoteCard]]:
    """Kind -> one vote a person, unmarked ones included, always in the same order."""
    labels: dict[int, dict[int, StepLabel]] = defaultdict(dict)
    rows = StepLabel.objects.filter(item=item, submission__undone_at=None)
    for label in rows.select_related("submission__assignment").order_by("id"):
        labels[label.submission.assignment.slot][label.kind] = label
    texts = {step.kind: step.text for step in item.rollout.steps.all()}
    votes: dict[int, list[VoteCard]] = defaultdict(list)
    for who, slot in zip(ascii_uppercase, sorted(labels), strict=False):
        warning = _warning(item, labels[slot])
        for kind in item.kinds:
            shown = warning if kind == StepKind.FINAL else ""
            votes[kind].append(_vote(who, labels[slot].get(kind), texts.get(kind, ""), shown))
    return votes


def _vote(who: str, label: StepLabel | None, text: str, warning: str) -> VoteCard:
    if label is None:
        return VoteCard(who=who)
    start, end = label.comment_start, label.comment_end
    return VoteCard(
        who=who,
        verdict=label.verdict,
        verdict_name=_VERDICT_NAMES[label.verdict],
        value_name=VALUE_NAMES.get(label.value, ""),
        comment=label.comment,
        reason=label.reason,
        quote=text[start:end] if start is not None and end is not None else "",
        warning=warning,
        attributes=[(m.name, STATE_NAMES[m.state]) for m in marks_of(label.attributes)],
    )


def _warning(item: QueueItem, labels: dict[int, StepLabel]) -> str:
    category, attribute, tier = (
        labels[kind].value if kind in labels else ""
        for kind in (StepKind.CATEGORY, StepKind.ATTRIBUTE, StepKind.FINAL)
    )
    return in_words(parse_rules(item.project.rules).conflict(category, attribute, tier) or "")
