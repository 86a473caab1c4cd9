"""What decision 0023 makes of stored rows that were hashed with all texts before them."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.db import connection

from annotation.cot.labels import LabelInput
from annotation.cot.steps import StepKind, parse, step_hashes
from annotation.deciding.resolution import item_resolve
from annotation.models import Pair, Resolution, Rollout, Step
from tests.factories import (
    cot,
    labels_for,
    make_pair,
    make_project,
    make_rollout,
    make_user,
    open_item,
    submit,
)
from verifier.models import GroundTruth
from verifier.services.truth import truth_refresh

pytestmark = pytest.mark.django_db
_STEPS = import_module("annotation.migrations.0031_own_words")
_TRUTHS = import_module("verifier.migrations.0004_own_words")


def hash_as_before(rollouts: list[Rollout]) -> None:
    """The state of a database of before; truth is to be read after it."""
    for rollout in rollouts:
        text = rollout.text
        chained = step_hashes(rollout.pair.content_hash, text, parse(text), chained=True)
        for step in rollout.steps.all():
            Step.objects.filter(pk=step.pk).update(sha256=chained[StepKind(step.kind)])
        decided = Resolution.objects.filter(item__rollout=rollout, kind=2)
        decided.update(step_sha256=chained[StepKind.ITEM])


def migrate() -> None:
    with connection.schema_editor() as editor:
        _STEPS.hash_own_words(None, editor)
    with connection.cursor() as cursor:
        cursor.execute(_TRUTHS._SUPERSEDE)
        cursor.execute(_TRUTHS._FOLLOW)


def judged(pair: Pair, text: str, verdict: str) -> Rollout:
    """A rollout whose steps one person judged, ``verdict`` on step 2."""
    item = open_item(make_rollout(pair, text), overlap=1)
    labels = labels_for()
    labels[1] = LabelInput(kind=2, verdict=verdict)
    submit(item, make_user(), labels)
    item_resolve(item=item)
    return item.rollout


def test_stored_steps_decisions_and_truths_get_the_hash_that_new_ones_have() -> None:
    pair = make_pair(make_project(overlap=1))
    first = judged(pair, cot(), "correct")
    second = judged(pair, cot().replace("want: shoes", "wants shoes"), "incorrect")
    wanted = first.steps.get(kind=2).sha256
    assert second.steps.get(kind=2).sha256 == wanted
    untouched = list(Step.objects.exclude(kind=2).order_by("pk").values_list("sha256"))
    hash_as_before([first, second])
    truth_refresh(project=pair.project)
    assert GroundTruth.objects.filter(kind=2, superseded_at=None).count() == 2

    migrate()
    assert set(Step.objects.filter(kind=2).values_list("sha256", flat=True)) == {wanted}
    assert list(Step.objects.exclude(kind=2).order_by("pk").values_list("sha256")) == untouched
    decided = Resolution.objects.filter(kind=2).values_list("step_sha256", flat=True)
    assert set(decided) == {wanted}
    truths = GroundTruth.objects.filter(kind=2).order_by("pk")
    assert [(t.value, t.step_sha256 == wanted) for t in truths] == [
        ("correct", True),
        ("incorrect", True),
    ]
    assert [t.superseded_at is None for t in truths] == [False, True], "the newer one stays"


def test_a_leads_word_stays_before_a_newer_consensus() -> None:
    pair = make_pair(make_project(overlap=1))
    first = judged(pair, cot(), "correct")
    second = judged(pair, cot().replace("want: shoes", "wants shoes"), "incorrect")
    Resolution.objects.filter(item__rollout=first).update(source="adjudicated")
    hash_as_before([first, second])
    truth_refresh(project=pair.project)
    migrate()
    (stands,) = GroundTruth.objects.filter(kind=2, superseded_at=None)
    assert (stands.value, stands.source) == ("correct", "adjudicated")


def test_a_step_without_a_verdict_stays_without_a_hash() -> None:
    pair = make_pair(make_project(overlap=1))
    rollout = judged(pair, cot(), "correct")
    Resolution.objects.filter(kind=2).update(step_sha256="", verdict="")
    hash_as_before([])
    migrate()
    assert Resolution.objects.get(kind=2, item__rollout=rollout).step_sha256 == ""
