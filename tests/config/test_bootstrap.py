from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from pytest_django import Settings

from annotation.labelling.guide_anchors import guide_html
from annotation.models import Pair
from config import bootstrap
from lab.example import shop
from lab.sample.generate import generate
from training.models import Checkpoint, RolloutBatch

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop, "generate", partial(generate, queries=20, products=200))


def test_a_second_bootstrap_changes_nothing() -> None:
    lines: list[str] = []
    bootstrap.sample_create(lines.append)
    before = (Pair.objects.count(), Checkpoint.objects.count(), RolloutBatch.objects.count())
    assert before[0] > 100
    assert lines
    lines.clear()
    bootstrap.sample_create(lines.append)
    after = (Pair.objects.count(), Checkpoint.objects.count(), RolloutBatch.objects.count())
    assert after == before
    assert lines == []


def test_the_samples_guideline_speaks_of_every_step() -> None:
    html = guide_html(bootstrap.sample_create(lambda _line: None).guideline)
    assert [f'id="guide-step-{kind}"' in html for kind in range(1, 6)] == [True] * 5


def test_only_the_test_split_of_the_sample_comes_with_gold() -> None:
    bootstrap.sample_create(lambda _line: None)
    assert {bool(pair.gold) for pair in Pair.objects.filter(split="test")} == {True}
    assert {bool(pair.gold) for pair in Pair.objects.exclude(split="test")} == {False}


def test_the_first_batch_samples_training_pairs_only() -> None:
    bootstrap.sample_create(lambda _line: None)
    batch = RolloutBatch.objects.get()
    chosen = Pair.objects.filter(pk__in=batch.pair_ids)
    assert chosen.count() == bootstrap.FIRST_PAIRS
    assert set(chosen.values_list("split", flat=True)) == {"train"}


def test_without_a_policy_the_sample_is_still_there_and_the_reason_is_said(
    settings: Settings, tmp_path: Path
) -> None:
    settings.SEED_POLICY = tmp_path
    lines: list[str] = []
    bootstrap.sample_create(lines.append)
    assert Pair.objects.exists()
    assert not RolloutBatch.objects.exists()
    assert str(tmp_path) in lines[-1]


def test_a_bare_bootstrap_creates_neither_users_nor_pairs() -> None:
    call_command("bootstrap", "--bare")
    assert not User.objects.exists()
    assert not Pair.objects.exists()
