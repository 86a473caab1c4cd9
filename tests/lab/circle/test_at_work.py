"""``manage.py simulate_people``: people who answer from the truth the sample holds back."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from annotation.labelling.queue import queue_open
from annotation.labelling.rollouts import rollout_record
from annotation.models import Assignment, StepLabel
from lab.sample.generate import generate
from lab.sample.writers import held_truth
from tests.factories import cot, make_pair, make_product, make_project

# The people work in threads of their own, which a test's open transaction would lock out.
pytestmark = pytest.mark.django_db(transaction=True)


def simulate(*arguments: str) -> str:
    out = StringIO()
    call_command("simulate_people", "--once", *arguments, stdout=out)
    return out.getvalue()


def test_they_label_what_is_open_from_the_truth_and_go_home() -> None:
    (query, product), truth = next(iter(held_truth(generate(seed=0)).items()))
    project = make_project(overlap=2, slug="sample")
    pair = make_pair(project, query, make_product(project, external_id=product))
    rollout = rollout_record(
        pair=pair, text=cot(), policy="seed", prompt_version="1", temperature=0
    )
    queue_open(rollout=rollout)
    told = simulate("--annotators", "2", "--noise", "0")
    assert told.splitlines() == ["2 submissions, 0 splits decided"]
    people = Assignment.objects.filter(state="submitted").values_list("annotator__username")
    assert {name for (name,) in people} == {"sample-rater-1", "sample-rater-2"}
    assert {(label.kind, label.value) for label in StepLabel.objects.filter(kind__gte=3)} == {
        (int(kind), value) for kind, value in truth.values.items()
    }


def test_nobody_can_answer_for_pairs_that_are_not_the_samples() -> None:
    project = make_project(slug="shop")
    make_pair(project)
    with pytest.raises(CommandError, match="nobody knows what a simulated person"):
        simulate("--project", "shop")


def test_fewer_people_than_an_item_needs_are_refused() -> None:
    (query, product), _truth = next(iter(held_truth(generate(seed=0)).items()))
    project = make_project(overlap=2, slug="sample")
    make_pair(project, query, make_product(project, external_id=product))
    with pytest.raises(CommandError, match="an item needs 2 annotators"):
        simulate("--annotators", "1")
