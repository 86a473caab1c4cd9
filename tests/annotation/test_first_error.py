"""The option "first error only": what comes after the first incorrect step stays unmarked."""

from __future__ import annotations

import pytest

from annotation.errors import InvalidLabels
from annotation.labels import LabelInput
from annotation.models import Resolution, StepLabel
from annotation.services.resolution import item_resolve
from tests.annotation.factories import labels_for, make_item, make_project, make_user, submit

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
