"""The label page's doors, without a browser: plain forms, JSON for scripts, refusals."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from annotation.models import (
    Assignment,
    Project,
    QueueItem,
    StepLabel,
    Submission,
)
from annotation.people.roles import Role
from annotation.quality.projects import project_save
from tests.annotation.labelling.page_forms import ALL_CORRECT, PART
from tests.browser import seed

pytestmark = pytest.mark.django_db


def test_a_visitor_is_sent_to_the_login_page_and_back(client: Client) -> None:
    answer = client.get("/label/?project=demo")
    assert answer.status_code == 302
    assert answer["Location"] == "/login/?next=/label/%3Fproject%3Ddemo"


def test_a_script_without_a_session_gets_401_instead_of_a_login_page(client: Client) -> None:
    assert client.post("/label/1/draft/", headers=PART).status_code == 401


def test_a_user_without_the_role_is_refused(client: Client) -> None:
    client.force_login(seed.person_seed("eve", Role.ML_ENGINEER))
    answer = client.get("/label/")
    assert answer.status_code == 403
    assert b"Your account may not open this page" in answer.content


def test_opening_the_page_twice_claims_one_item(client: Client, assignment: Assignment) -> None:
    client.get("/label/")
    assert Assignment.objects.count() == 1


def test_a_plain_form_is_stored_and_answered_with_the_receipt(
    client: Client, assignment: Assignment
) -> None:
    answer = client.post(f"/label/{assignment.pk}/submit/", ALL_CORRECT, follow=True)
    receipt = Submission.objects.get()
    assert f"Receipt {receipt.pk}".encode() in answer.content
    values = StepLabel.objects.order_by("kind").values_list("value", flat=True)
    assert list(values) == ["", "", "match", "all", "4"]


def test_the_same_submit_again_gives_the_same_receipt(
    client: Client, assignment: Assignment
) -> None:
    form = ALL_CORRECT | {"client_key": "k1", "active_ms": "1500"}
    url = f"/label/{assignment.pk}/submit/"
    first, again = (client.post(url, form, headers=PART) for _ in range(2))
    assert first["Location"] == again["Location"]
    assert f"receipt={Submission.objects.get().pk}" in first["Location"]
    assert Submission.objects.count() == 1
    assignment.refresh_from_db()
    assert assignment.active_ms == 1500


def test_a_value_alone_implies_its_verdict(client: Client, assignment: Assignment) -> None:
    form = ALL_CORRECT | {"verdict-3": "", "value-3": "match", "verdict-5": "", "value-5": "3"}
    form |= {"reason-5": "the handle is not matte"}
    client.post(f"/label/{assignment.pk}/submit/", form)
    verdicts = dict(StepLabel.objects.values_list("kind", "verdict"))
    assert (verdicts[3], verdicts[5]) == ("correct", "incorrect")


def test_the_overall_value_of_step_4_follows_from_its_attributes_in_a_plain_form(
    client: Client, assignment: Assignment
) -> None:
    marks = {"attribute_state-0": "match", "attribute_state-1": "mismatch"}
    names = {"attribute_name-0": "capacity 1 litre", "attribute_name-1": "colour matte black"}
    form = ALL_CORRECT | {"verdict-4": "", "value-5": "3", "verdict-5": ""}
    client.post(f"/label/{assignment.pk}/submit/", form | names | marks)
    label = StepLabel.objects.get(kind=4)
    assert (label.verdict, label.value) == ("incorrect", "partial")
    assert label.attributes == [
        {"name": "capacity 1 litre", "state": "match"},
        {"name": "colour matte black", "state": "mismatch"},
    ]


def test_a_chosen_value_overrides_what_the_attributes_give(
    client: Client, assignment: Assignment
) -> None:
    marks = {"attribute_name-0": "capacity 1 litre", "attribute_state-0": "mismatch"}
    client.post(f"/label/{assignment.pk}/submit/", ALL_CORRECT | marks)
    label = StepLabel.objects.get(kind=4)
    assert (label.value, label.attributes[0]["state"]) == ("all", "mismatch")


def test_a_form_against_the_rules_table_comes_back_with_what_was_typed(
    client: Client, assignment: Assignment
) -> None:
    form = ALL_CORRECT | {"verdict-4": "incorrect", "value-4": "none", "comment-1": "mine"}
    answer = client.post(f"/label/{assignment.pk}/submit/", form)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "give tier 2, not 4" in page
    assert ">mine</textarea>" in page
    assert not Submission.objects.exists()


def test_a_refusal_is_one_line_for_htmx(client: Client, assignment: Assignment) -> None:
    QueueItem.objects.update(state=QueueItem.State.DROPPED)
    answer = client.post(f"/label/{assignment.pk}/submit/", ALL_CORRECT, headers=PART)
    assert (answer.status_code, answer["Content-Type"]) == (409, "text/plain")
    assert answer["HX-Reswap"] == "none"
    assert answer.content.decode() == "this item was closed meanwhile"


def test_what_stands_behind_the_first_error_is_left_out(
    client: Client, project: Project, assignment: Assignment
) -> None:
    project.first_error_only = True
    project.save()
    form = ALL_CORRECT | {"verdict-2": "incorrect"}
    client.post(f"/label/{assignment.pk}/submit/", form)
    kinds = StepLabel.objects.order_by("kind").values_list("kind", flat=True)
    assert list(kinds) == [1, 2]


def test_a_stale_draft_is_answered_with_the_stored_one(
    client: Client, assignment: Assignment
) -> None:
    def save(verdict: str, window: str) -> Any:
        form = {"base_version": 0, "verdict-1": verdict, "window": window}
        return client.post(f"/label/{assignment.pk}/draft/", form, headers=PART)

    assert 'value="1"' in save("correct", "a").content.decode()
    stale = save("unsure", "b")
    assert (stale.status_code, stale["HX-Retarget"]) == (409, "#conflict")
    both = stale.content.decode()
    assert both.index("1 Query analysis") < both.index("unsure") < both.index("correct")
    assert 'value="1"' in both


@pytest.mark.parametrize(("verdict", "window"), [("correct", "b"), ("unsure", "a")])
def test_the_same_words_or_the_same_window_are_no_conflict(
    client: Client, assignment: Assignment, verdict: str, window: str
) -> None:
    url = f"/label/{assignment.pk}/draft/"
    client.post(url, {"base_version": 0, "verdict-1": "correct", "window": "a"})
    again = {"base_version": 0, "verdict-1": verdict, "window": window}
    assert 'value="2"' in client.post(url, again, headers=PART).content.decode()
    assignment.refresh_from_db()
    assert assignment.draft["1"]["verdict"] == verdict


def test_an_item_that_is_put_off_keeps_what_the_page_marked(
    client: Client, assignment: Assignment
) -> None:
    form = {"how": "to_me", "base_version": "0", "verdict-2": "incorrect"}
    client.post(f"/label/{assignment.pk}/skip/", form, headers=PART)
    assignment.refresh_from_db()
    assert assignment.draft["2"]["verdict"] == "incorrect"


def test_the_time_worked_goes_on_counting_after_a_reload(
    client: Client, assignment: Assignment
) -> None:
    form = {"base_version": "0", "active_ms": "42000"}
    client.post(f"/label/{assignment.pk}/draft/", form, headers=PART)
    assert 'name="active_ms" value="42000"' in client.get("/label/").content.decode()


@pytest.mark.parametrize("version", ["", "-1", "²", "1e3", "9" * 12])
def test_a_draft_without_its_version_is_refused(
    client: Client, assignment: Assignment, version: str
) -> None:
    form = {"base_version": version, "verdict-1": "correct"}
    assert client.post(f"/label/{assignment.pk}/draft/", form).status_code == 400


def test_a_heartbeat_after_the_submit_says_conflict(
    client: Client, assignment: Assignment
) -> None:
    url = f"/label/{assignment.pk}/heartbeat/"
    assert client.post(url, headers=PART).status_code == 204
    client.post(f"/label/{assignment.pk}/submit/", ALL_CORRECT)
    assert client.post(url, headers=PART).status_code == 409


def test_another_persons_claim_does_not_exist_for_me(
    client: Client, assignment: Assignment
) -> None:
    client.force_login(seed.person_seed("bob", Role.ANNOTATOR))
    answer = client.post(f"/label/{assignment.pk}/submit/", ALL_CORRECT)
    assert answer.status_code == 404


def test_a_late_submit_is_answered_with_the_conflict_page(
    client: Client, assignment: Assignment
) -> None:
    QueueItem.objects.update(state=QueueItem.State.DROPPED)
    answer = client.post(f"/label/{assignment.pk}/submit/", ALL_CORRECT)
    assert answer.status_code == 409
    assert b"this item was closed meanwhile" in answer.content


def test_an_empty_queue_says_who_holds_the_rest(client: Client, assignment: Assignment) -> None:
    client.force_login(seed.person_seed("bob", Role.ANNOTATOR))
    page = client.get("/label/").content.decode()
    assert "Everything left is being labelled by others" in page
    assert f"{assignment.expires_at:%H:%M} (UTC)" in page


def test_nobody_sees_what_others_said_about_the_item(client: Client, project: Project) -> None:
    seed.item_seed(project, seed.KETTLE, overlap=2)
    client.force_login(seed.person_seed("ann", Role.ANNOTATOR))
    client.get("/label/")
    form = ALL_CORRECT | {"comment-1": "only mine"}
    client.post(f"/label/{Assignment.objects.get().pk}/submit/", form)
    client.force_login(seed.person_seed("bob", Role.ANNOTATOR))
    page = client.get("/label/").content.decode()
    assert "label-form" in page
    assert "only mine" not in page
    assert " checked" not in page.partition('<dialog id="skip"')[0]


def test_a_guideline_changed_meanwhile_does_not_refuse_the_work(
    client: Client, project: Project, assignment: Assignment
) -> None:
    project.guideline += "\nA new rule."
    project_save(project=project)
    answer = client.post(f"/label/{assignment.pk}/submit/", ALL_CORRECT, headers=PART)
    assert answer.status_code == 302
    assert StepLabel.objects.count() == 5


def test_the_page_allows_no_scripts_but_its_own(client: Client, assignment: Assignment) -> None:
    answer = client.get("/label/")
    assert answer["Content-Security-Policy"].startswith("default-src 'self'")
    page = answer.content.decode()
    assert "<script>" not in page
    assert "style=" not in page
    assert "onclick=" not in page


def test_the_drafts_answer_says_when_the_attributes_contradict_the_value(
    client: Client, assignment: Assignment
) -> None:
    url = f"/label/{assignment.pk}/draft/"
    claim = assignment.item.rollout.steps.get(kind=4).value

    def hint(version: int, **marks: str) -> str:
        form = {"base_version": str(version), "attribute_name-0": "size", **marks}
        answer = client.post(url, form, headers=PART).content.decode()
        assert f'id="hint-{assignment.pk}"' in answer, "no other item's form takes it"
        return answer.partition("</p>")[0].rpartition(">")[2]

    assert claim == "all"
    assert hint(0) == ""
    assert hint(1, **{"attribute_state-0": "match"}) == ""
    mismatch = {"attribute_state-0": "mismatch"}
    assert hint(2, **mismatch) == (
        "The attributes marked so far contradict “all”, which the text claims."
    )
    assert hint(3, **mismatch, **{"value-4": "partial"}) == (
        "The attributes give “none”, you chose “partial”."
    )
    open_row = {"attribute_name-1": "colour", "value-4": "all"}
    assert hint(4, **mismatch, **open_row) == (
        "The attributes marked so far contradict “all”, which you chose."
    )
    assert "contradict “all”, which you chose." in client.get("/label/").content.decode()
