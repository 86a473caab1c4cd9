"""Who a person in a Label Studio file is, and who they never are."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from hypothesis import given
from hypothesis import strategies as st

from annotation.labelling.outside_people import folded
from annotation.models import OutsideName, Project, StepLabel, Submission
from annotation.people.roles import Role
from tests.annotation.pairs.readers.test_label_studio_answers import (
    annotation,
    imported,
    task,
    verdicts,
)
from tests.factories import make_project, make_user

pytestmark = pytest.mark.django_db
ANN = {"id": 9, "username": "ann"}


@pytest.fixture
def project() -> Project:
    return make_project()


def names() -> list[str]:
    return sorted(User.objects.values_list("username", flat=True))


def test_a_renamed_account_is_not_a_second_voter(project: Project, tmp_path: Path) -> None:
    one = task(annotation(ANN, *verdicts()))
    imported(project, tmp_path, one, origin="")
    User.objects.filter(username="ann").update(username="dr.ann", email="new@example.org")
    again = imported(project, tmp_path, one, origin="")
    assert (again.created, again.existing, again.people) == (0, 1, 0)
    assert names() == ["dr.ann"]


def test_who_is_renamed_on_their_own_server_is_known_by_the_number(
    project: Project, tmp_path: Path
) -> None:
    imported(project, tmp_path, task(annotation({"id": 9, "email": "a@x.org"}, *verdicts())))
    moved = task(annotation({"id": 9, "email": "ann@new.org"}, *verdicts()))
    assert imported(project, tmp_path, moved).existing == 1
    assert imported(project, tmp_path, moved, origin="other.example.org").people == 1
    assert set(OutsideName.objects.values_list("origin", "name")) == {
        ("ls.example.org", "a@x.org"),
        ("ls.example.org", "ann@new.org"),
        ("ls.example.org", "#9"),
        ("other.example.org", "ann@new.org"),
        ("other.example.org", "#9"),
    }


@pytest.mark.parametrize("who", [1, {"id": 1, "username": "ann"}])
def test_the_same_number_or_name_of_two_servers_is_two_people(
    project: Project, tmp_path: Path, who: object
) -> None:
    for origin in ("a.example.org", "b.example.org", "A.Example.org "):
        imported(project, tmp_path, task(annotation(who, *verdicts())), origin=origin)
    assert User.objects.count() == 2
    assert Submission.objects.count() == 2


def test_a_bare_number_is_nobody_until_its_server_is_named(
    project: Project, tmp_path: Path
) -> None:
    report = imported(project, tmp_path, task(annotation(1, *verdicts())), origin="")
    assert report.errors[0][1].startswith("the annotator is only the number 1, which every")
    assert not User.objects.exists()


def test_an_annotation_that_does_not_say_whose_it_is_is_refused(
    project: Project, tmp_path: Path
) -> None:
    report = imported(project, tmp_path, task(annotation(None, *verdicts())))
    assert report.errors == [(1, "an annotation does not say who made it (completed_by)")]


def test_of_two_accounts_with_one_email_neither_is_credited(
    project: Project, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        User.objects.create(username=name, email="twin@example.org")
    report = imported(project, tmp_path, task(annotation("Twin@example.org", *verdicts())))
    assert "two accounts have the e-mail Twin@example.org" in report.errors[0][1]
    assert not StepLabel.objects.exists()


def test_two_ways_to_write_one_name_are_one_person(project: Project, tmp_path: Path) -> None:
    people = [{"username": name} for name in ("Renée", "Rene\u0301e", "RENÉE")]
    both = task(*(annotation(who, *verdicts()) for who in people))
    report = imported(project, tmp_path, both, origin="")
    assert (report.created, report.people) == (1, 1)
    assert names() == ["Renée"]


@pytest.mark.parametrize("role", [Role.LEAD, Role.ML_ENGINEER, Role.ADMIN])
def test_a_file_never_speaks_for_staff(project: Project, tmp_path: Path, role: Role) -> None:
    boss = make_user(role)
    User.objects.filter(pk=boss.pk).update(email="boss@example.org")
    for who in ({"username": boss.username}, "boss@example.org"):
        report = imported(project, tmp_path, task(annotation(who, *verdicts())), origin="")
        assert "is an account of staff here" in report.errors[0][1]
    assert not Submission.objects.exists()
    assert not OutsideName.objects.exists()

    # On a server that was named, the same name is somebody else.
    named = imported(
        project, tmp_path, task(annotation({"username": boss.username}, *verdicts()))
    )
    assert (named.created, named.people) == (1, 1)
    assert not Submission.objects.filter(annotator=boss).exists()


def test_names_that_belonged_to_two_people_are_refused(
    project: Project, tmp_path: Path
) -> None:
    imported(project, tmp_path, task(annotation({"id": 1, "email": "a@x.org"}, *verdicts())))
    imported(project, tmp_path, task(annotation({"id": 2, "email": "b@x.org"}, *verdicts())))
    mixed = task(annotation({"id": 1, "email": "b@x.org"}, *verdicts()))
    assert "was two people before" in imported(project, tmp_path, mixed).errors[0][1]


@pytest.mark.parametrize("field", ["username", "email"])
@pytest.mark.parametrize("bad", ["an\x00n", "an\ud800n"])
def test_a_name_that_cannot_be_stored_is_a_bad_task(
    project: Project, tmp_path: Path, field: str, bad: str
) -> None:
    report = imported(project, tmp_path, task(annotation({"id": 5, field: bad}, *verdicts())))
    message = f"annotations.0.completed_by.{field} has a NUL or half a character in it"
    assert report.errors == [(1, message)]
    assert not User.objects.exists()


@given(st.text(max_size=30))
def test_folding_a_folded_name_changes_nothing(name: str) -> None:
    assert folded(folded(name)) == folded(name)
