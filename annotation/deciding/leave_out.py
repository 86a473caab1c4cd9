"""What people would have decided without one of them."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import QuerySet

from annotation.cot.steps import StepKind
from annotation.deciding.consensus import Decision, Skill, Vote, decide, fit_skill, votes_wanted
from annotation.deciding.fits import MIN_ITEMS
from annotation.deciding.fits_select import labels_to_fit
from annotation.models import Project, Resolution, StepLabel

_Given = list[tuple[datetime, int, Vote]]  # when, step kind, vote


def decisions_without(project: Project, person: User) -> dict[int, Decision]:
    """Resolution id -> what its labels come to without this person's, for every consensus that
    these may have changed.

    Nothing is estimated: the votes of the others are merged as the project merges them, and
    with Dawid-Skene everybody's error rates are fitted anew, so that every consensus of the
    project is looked at. Where two are wanted, the word of the one who is left decides nothing.
    """
    theirs = StepLabel.objects.filter(
        item__project=project, annotator=person, submission__undone_at=None
    )
    rows = Resolution.objects.filter(
        item__project=project, source=Resolution.Source.CONSENSUS, withdrawn_at=None
    ).select_related("item")
    skills = _skills_without(project, person)
    if not skills:
        rows = rows.filter(item__in=theirs.values("item"))
    given = _given(rows)
    decisions = {}
    for row in rows.order_by("pk"):
        before = [(k, v) for at, k, v in given[row.item_id] if at <= row.created_at]
        if not skills and not any(_is(v, person) and k == row.kind for k, v in before):
            continue
        votes: dict[int, list[Vote]] = defaultdict(list)
        for kind, vote in before:
            if not _is(vote, person):
                votes[kind].append(vote)
        decisions[row.pk] = decide(
            votes.get(row.kind, []),
            row.kind,
            skill=skills.get(row.kind),
            wanted=votes_wanted(
                votes,
                row.kind,
                overlap=row.item.overlap,
                first_error_only=project.first_error_only,
            ),
        )
    return decisions


def _given(rows: QuerySet[Resolution]) -> dict[int, _Given]:
    labels = StepLabel.objects.filter(
        item__in=rows.values("item"), submission__undone_at=None
    ).order_by("pk")
    given: dict[int, _Given] = defaultdict(list)
    fields = ("item_id", "created_at", "kind", "annotator_id", "verdict", "value")
    for item, at, kind, annotator, verdict, value in labels.values_list(*fields):
        given[item].append((at, kind, Vote(annotator, verdict, value)))
    return given


def _skills_without(project: Project, person: User) -> dict[int, Skill]:
    if project.consensus != Project.Consensus.DAWID_SKENE:
        return {}
    skills = {}
    for kind in StepKind:
        labels = [row for row in labels_to_fit(project, kind) if row[1] != person.pk]
        if len({item for item, _, _ in labels}) >= MIN_ITEMS:
            skills[int(kind)] = fit_skill(labels)
    return skills


def _is(vote: Vote, person: User) -> bool:
    return vote.annotator == person.pk
