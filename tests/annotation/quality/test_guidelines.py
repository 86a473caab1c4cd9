"""Guideline versions, and the labels that a change makes stale."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from annotation.cot.errors import Conflict, Denied, Invalid
from annotation.cot.rules import DEFAULT_RULES, parse_rules
from annotation.cot.stale import Version, cell_changes, last_change_of_kinds, table_diff
from annotation.deciding.resolution import item_resolve
from annotation.labelling.queue import queue_ask
from annotation.models import GuidelineVersion, Project, QueueItem, Resolution, StepLabel
from annotation.people.roles import Role
from annotation.quality.guidelines import guideline_save, stale_reopen
from annotation.quality.projects import project_save
from annotation.quality.relabel import hours_of, relabel_plan
from annotation.quality.stale_select import stale_rollouts
from tests.factories import (
    cot,
    labels_for,
    make_item,
    make_pair,
    make_project,
    make_rollout,
    make_user,
    submit,
)

pytestmark = pytest.mark.django_db
# match x none: tier 2 becomes 3; match x partial: 3 becomes 2
STRICTER = DEFAULT_RULES.replace("none = 2", "none = 3", 1).replace(
    "partial = 3", "partial = 2"
)


def resolved(
    project: Project, category: str = "match", attribute: str = "none", tier: str = "2"
) -> QueueItem:
    item = make_item(project)
    for _ in range(item.overlap):
        submit(item, make_user(), labels_for(category, attribute, tier))
    assert item_resolve(item=item) == QueueItem.State.RESOLVED
    return item


def change(
    project: Project,
    rules: str = STRICTER,
    *,
    changed_kinds: tuple[int, ...] = (),
    base: int | None = None,
) -> GuidelineVersion:
    return guideline_save(
        project=project,
        author=None,
        text=project.guideline,
        rules=rules,
        changed_kinds=changed_kinds,
        base=base,
    )


def test_only_the_cells_that_differ_are_changes() -> None:
    old, new = parse_rules(DEFAULT_RULES), parse_rules(STRICTER)
    assert table_diff(old, new) == [("match", "partial", "3", "2"), ("match", "none", "2", "3")]
    assert cell_changes([Version(1, old), Version(2, new)], old) == cell_changes(
        [Version(2, new)], old
    )


def test_the_newest_version_that_names_a_step_counts() -> None:
    rules = parse_rules(DEFAULT_RULES)
    versions = [Version(2, rules, (4,)), Version(5, rules, (3, 4)), Version(4, rules, (3,))]
    assert last_change_of_kinds(versions) == {3: 5, 4: 5}


def test_every_change_of_text_or_rules_makes_a_version_and_nothing_else_does() -> None:
    project, lead = make_project(), make_user(Role.LEAD)
    project.guideline = "Judge each step.\n"
    project_save(project=project, author=lead)
    project.name = "another name"
    project_save(project=project, author=lead)
    project.rules = STRICTER.replace("\n", "\r\n")  # as a browser sends it
    project_save(project=project, author=lead)
    project_save(project=project, author=lead)
    rows = GuidelineVersion.objects.filter(project=project).order_by("number")
    assert [(row.number, row.text, row.author) for row in rows] == [
        (1, "", None),
        (2, "Judge each step.\n", lead),
        (3, "Judge each step.\n", lead),
    ]
    assert rows[2].rules == project.rules == STRICTER
    assert project.guideline_version == 3


def test_an_editor_that_was_overtaken_is_told_and_bad_rules_are_refused() -> None:
    project = make_project()
    change(project, base=1)
    with pytest.raises(Conflict, match="version 2 was saved meanwhile"):
        change(project, DEFAULT_RULES, base=1)
    with pytest.raises(Invalid, match="unknown category"):
        change(project, "x = 1")


def test_labels_under_the_old_rule_are_stale_exactly_where_the_rule_changed() -> None:
    project = make_project(overlap=1)
    touched, elsewhere = resolved(project), resolved(project, "match", "all", "4")
    agrees = resolved(project, "match", "none", "3")
    assert stale_rollouts(project) == []
    change(project)
    rows = stale_rollouts(project)
    assert [(r.item_id, r.kinds, r.expected, r.contradicts) for r in rows] == [
        (touched.pk, [5], "3", True),
        (agrees.pk, [5], "3", False),
    ]
    assert elsewhere.pk not in {row.item_id for row in rows}
    after = resolved(project, "match", "none", "2")
    assert after.pk not in {row.item_id for row in stale_rollouts(project)}
    change(project, DEFAULT_RULES)
    assert [row.item_id for row in stale_rollouts(project)] == [after.pk], "changed back"


def test_a_step_whose_meaning_the_text_changed_is_stale_for_older_labels() -> None:
    project = make_project(overlap=1)
    item = resolved(project)
    change(project, DEFAULT_RULES, changed_kinds=(4,))
    (row,) = stale_rollouts(project, contradicting_only=True)
    assert (row.item_id, row.kinds, row.expected) == (item.pk, [4], "")


def test_a_label_made_before_the_change_is_stale_even_when_it_was_decided_after() -> None:
    project = make_project(overlap=1)
    item = make_item(project)
    submit(item, make_user())
    change(project)
    item_resolve(item=item)
    tier = Resolution.objects.get(item=item, kind=5)
    assert tier.guideline_version == 1
    assert [row.item_id for row in stale_rollouts(project)] == [item.pk]


def test_reopening_asks_about_the_stale_steps_once_and_new_answers_end_it() -> None:
    project, lead = make_project(overlap=1), make_user(Role.LEAD)
    first = resolved(project)
    resolved(project, "match", "none", "3")  # is what the new rule gives
    change(project)
    with pytest.raises(Denied):
        stale_reopen(project=project, lead=make_user())
    assert stale_reopen(project=project, lead=lead) == 1
    assert stale_reopen(project=project, lead=lead) == 0
    again = QueueItem.objects.get(rollout=first.rollout, state="open")
    assert (again.reason, again.kinds) == ("stale", [5])
    submit(again, make_user(), [labels_for(tier="3")[-1]])
    item_resolve(item=again)
    assert first.rollout_id not in {row.rollout_id for row in stale_rollouts(project)}


def test_a_tier_is_stale_by_the_values_that_other_items_of_its_pair_decided() -> None:
    project = make_project(overlap=1)
    pair = make_pair(project)
    first = queue_ask(rollout=make_rollout(pair), overlap=1, kinds=[3, 4])
    submit(first, make_user(), labels_for()[2:4])
    item_resolve(item=first)
    text = cot().replace("shoes,", "boots,")
    later = queue_ask(rollout=make_rollout(pair, text), overlap=1, kinds=[5])
    submit(later, make_user(), [labels_for()[-1]])
    item_resolve(item=later)
    change(project)
    (row,) = stale_rollouts(project)
    assert (row.item_id, row.values, row.expected) == (later.pk, ("match", "none", "2"), "3")


def test_each_pair_and_each_text_is_asked_once_again_in_as_few_items_as_do() -> None:
    project, lead = make_project(overlap=1), make_user(Role.LEAD)
    pair = make_pair(project)
    kinds = ([3], [3, 4], [1, 3])
    rollouts = [make_rollout(pair, cot().replace("shoes,", word)) for word in ("a", "b", "c")]
    for rollout, wanted in zip(rollouts, kinds, strict=True):
        item = queue_ask(rollout=rollout, overlap=1, kinds=wanted)
        submit(item, make_user(), [labels_for()[kind - 1] for kind in wanted])
        item_resolve(item=item)
    StepLabel.objects.update(active_ms=1800)
    change(project, DEFAULT_RULES, changed_kinds=(1, 3, 4))
    plan = relabel_plan(project, stale_rollouts(project))
    assert [(each.rollout, each.kinds) for each in plan] == [
        (rollouts[1], [3, 4]),
        (rollouts[2], [1]),
    ]
    assert hours_of(project, plan) == pytest.approx(3 * 1800 / 3_600_000)
    assert stale_reopen(project=project, lead=lead) == 2
    assert relabel_plan(project, stale_rollouts(project)) == []
    opened = QueueItem.objects.filter(reason="stale").values_list("rollout", "kinds")
    assert {(pk, *steps) for pk, steps in opened} == {
        (rollouts[1].pk, 3, 4), (rollouts[2].pk, 1),
    }  # fmt: skip


def test_no_time_is_told_where_none_was_measured() -> None:
    project = make_project(overlap=1)
    resolved(project)
    change(project)
    plan = relabel_plan(project, stale_rollouts(project))
    assert (len(plan), hours_of(project, plan)) == (1, None)


def grid(rules: str, other: dict[str, str] | None = None) -> dict[str, str]:
    """The editor's fields: one tier a category and attribute."""
    cells = {f"{one}-{two}": tier for (one, two), tier in parse_rules(rules).tiers.items()}
    return {f"tier-{cell}": tier for cell, tier in (cells | (other or {})).items()}


def selected(page: str) -> dict[str, str]:
    """What the editor's grid shows: "" for a cell that shows no tier."""
    rows = re.findall(r'<select name="(tier-[^"]+)".*?</select>', page, re.DOTALL)
    texts = re.findall(r'<select name="tier-.*?</select>', page, re.DOTALL)
    marked = [re.search(r'value="(\d)" selected', text) for text in texts]
    return {row: mark[1] if mark else "" for row, mark in zip(rows, marked, strict=True)}


def test_a_table_that_was_only_looked_at_is_no_new_version(client: Client) -> None:
    """The table's own comments stay, too."""
    project = make_project()
    client.force_login(make_user(Role.LEAD))
    edit = f"/quality/{project.slug}/guideline/edit/"
    client.post(edit, {"text": "", "base": "1"} | grid(project.rules))
    project.refresh_from_db()
    assert (project.guideline_version, project.rules) == (1, DEFAULT_RULES)


def test_a_lead_edits_the_guideline_and_is_led_to_the_stale_labels(client: Client) -> None:
    project = make_project(overlap=1)
    item = resolved(project)
    client.force_login(make_user(Role.LEAD))
    edit = f"/quality/{project.slug}/guideline/edit/"
    page = client.get(edit).content.decode()
    assert selected(page) == grid(DEFAULT_RULES)
    bad = client.post(edit, {"text": "# New", "base": "1"} | grid(STRICTER, {"match-all": "9"}))
    assert bad.status_code == 422
    assert "[match] all must be a tier 1-4" in bad.content.decode()
    assert b"# New" in bad.content, "what was written is kept"
    assert selected(bad.content.decode()) == grid(STRICTER, {"match-all": ""})
    form = {"text": "# New\n\n<b>x</b>", "base": "1", "note": "stricter"} | grid(STRICTER)
    answer = client.post(edit, form, follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain[-1][0] == f"/quality/{project.slug}/stale/"
    assert item.rollout.pair.query in page
    assert client.post(edit, form | {"text": "other"}).status_code == 409
    shown = client.get(f"/quality/{project.slug}/guideline/").content.decode()
    assert "<h1>New</h1>" in shown
    assert "<b>x</b>" not in shown
    assert "was 2" in shown
    assert "stricter" in shown
    client.post(f"/quality/{project.slug}/stale/", {"which": "contradicting"})
    assert QueueItem.objects.filter(rollout=item.rollout, state="open").count() == 1


def test_annotators_read_every_version_and_change_none(client: Client) -> None:
    project = make_project()
    client.force_login(make_user())
    assert client.get(f"/quality/{project.slug}/guideline/?version=1").status_code == 200
    assert client.get(f"/quality/{project.slug}/guideline/?version=7").status_code == 404
    for page in ("guideline/edit/", "stale/"):
        assert client.get(f"/quality/{project.slug}/{page}").status_code == 403


@pytest.mark.parametrize(("role", "offered"), [(Role.LEAD, True), (Role.ANNOTATOR, False)])
def test_an_empty_guideline_is_told_and_a_lead_writes_it_from_there(
    client: Client, role: Role, offered: bool
) -> None:
    project = make_project()
    client.force_login(make_user(role))
    page = client.get(f"/guideline/{project.slug}/").content.decode()
    assert "This project has no guideline yet" in page
    assert (f'href="/quality/{project.slug}/guideline/edit/"' in page) is offered
    assert ("Ask a lead to write it." in page) is not offered
