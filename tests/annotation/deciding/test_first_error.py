"""The option "first error only": what comes after the first incorrect step stays unmarked."""

from __future__ import annotations

import pytest

from annotation.cot.errors import InvalidLabels
from annotation.cot.labels import LabelInput
from annotation.deciding.resolution import item_decisions, item_resolve
from annotation.models import Resolution, StepLabel
from tests.factories import labels_for, make_item, make_project, make_user, submit

pytestmark = pytest.mark.django_db
TO_STEP_2 = [LabelInput(1, "correct"), LabelInput(2, "incorrect")]


def test_a_label_after_the_first_incorrect_step_is_refused() -> None:
    project = make_project()
    project.first_error_only = True
    project.save()
    item = make_item(project)
    with pytest.raises(InvalidLabels) as refused:
        submit(item, make_user(), labels_for(category="related"))
    message = "leave it unmarked: step 3 is the first error"
    assert refused.value.by_kind == {4: message, 5: message}
    assert not StepLabel.objects.exists()


def test_unmarked_steps_are_no_votes_and_get_no_resolution() -> None:
    project = make_project()
    project.first_error_only = True
    project.save()
    item = make_item(project)
    for _ in range(2):
        submit(item, make_user(), TO_STEP_2)
    assert item_resolve(item=item) == "resolved"
    decided = Resolution.objects.order_by("kind").values_list("kind", "verdict", "n")
    assert list(decided) == [(1, "correct", 2), (2, "incorrect", 2)]


def test_without_the_option_every_step_may_be_judged_after_an_error() -> None:
    item = make_item(make_project())
    submit(item, make_user(), labels_for(category="related"))
    assert StepLabel.objects.count() == 5


def test_a_step_needs_the_votes_of_those_alone_who_got_as_far() -> None:
    project = make_project(overlap=2, max_overlap=2)
    project.first_error_only = True
    project.save()
    item = make_item(project)
    submit(item, make_user(), TO_STEP_2)
    submit(item, make_user(), [LabelInput(1, "correct"), LabelInput(2, "correct")])
    # The second person could have judged steps 3 to 5 and did not: a lead sees them too.
    assert item_resolve(item=item) == "split"
    item.refresh_from_db()
    assert {k for k, d in item_decisions(item).items() if d.status == "split"} == {2, 3, 4, 5}
