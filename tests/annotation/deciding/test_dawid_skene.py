"""Consensus by error rates: estimated by EM, applied by the one consensus function."""

from __future__ import annotations

import pytest

from annotation.cot.steps import StepKind
from annotation.deciding import fits as consensus
from annotation.deciding.consensus import Skill, Vote, decide, fit_skill, posterior
from annotation.deciding.fits_select import confusion_of, fits_due
from annotation.deciding.resolution import item_resolve
from annotation.labelling.gold_settings import quality_settings_save
from annotation.models import ConsensusFit, Resolution
from annotation.people.roles import Role
from tests.factories import labels_for, make_item, make_project, make_user, submit

FINAL, QUERY = StepKind.FINAL, StepKind.QUERY
GOOD, BAD = {"4": 0.9, "3": 0.1}, {"4": 0.1, "3": 0.9}
# Person 1 is right 9 times of 10, persons 2 and 3 say anything.
COIN = {"4": {"4": 0.5, "3": 0.5}, "3": {"4": 0.5, "3": 0.5}}
SKILL = Skill({"4": 0.5, "3": 0.5}, {1: {"4": GOOD, "3": BAD}, 2: COIN, 3: COIN}, fit=7)


def tiers(*answers: str) -> list[Vote]:
    return [
        Vote(i, "correct" if v == "4" else "incorrect", v)
        for i, v in enumerate(answers, start=1)
    ]


def test_the_posterior_follows_bayes() -> None:
    # Only person 1 tells anything: 0.9 : 0.1, each a little smoothed by 0.01.
    chances = posterior([(1, "4"), (2, "3"), (3, "3")], SKILL)
    assert chances["4"] == pytest.approx(0.91 / (0.91 + 0.11))
    assert sum(chances.values()) == pytest.approx(1.0)


def test_a_careful_person_outweighs_two_who_guess() -> None:
    sure = Skill(SKILL.priors, {**SKILL.errors, 1: {"4": {"4": 1.0}, "3": {"3": 1.0}}}, fit=7)
    votes = tiers("4", "3", "3")
    assert decide(votes, FINAL).value == "3"
    decision = decide(votes, FINAL, skill=sure)
    assert (decision.status, decision.value, decision.verdict, decision.method) == (
        "agreed", "4", "correct", "dawid-skene 7",
    )  # fmt: skip
    assert decision.agreement == pytest.approx(1 / 3), "agreement stays a share of labels"


def test_an_uncertain_truth_is_split_and_one_label_decides_nothing_new() -> None:
    assert decide(tiers("4", "3"), FINAL, skill=SKILL).status == "split"  # posterior 0.89
    assert decide(tiers("4"), FINAL, skill=SKILL).method == "majority"


def test_a_value_that_nobody_named_never_wins() -> None:
    liar = {"4": {"3": 1.0}, "3": {"4": 1.0}}
    skill = Skill({"4": 0.5, "3": 0.5}, {1: liar, 2: liar})
    assert posterior([(1, "4"), (2, "4")], skill)["3"] > 0.99
    assert decide(tiers("4", "4"), FINAL, skill=skill).status == "split"


def test_somebody_unknown_counts_as_the_average_person() -> None:
    skill = Skill({"4": 0.5, "3": 0.5}, {1: {"4": GOOD, "3": BAD}, 2: COIN})
    # average P(4 | 4) = 0.7, P(4 | 3) = 0.3
    assert posterior([(99, "4")], skill)["4"] == pytest.approx(0.71 / (0.71 + 0.31))


def test_a_fit_finds_who_is_right_most_of_the_time() -> None:
    labels = []
    for item in range(40):
        truth = "correct" if item % 2 else "incorrect"
        other = "incorrect" if item % 2 else "correct"
        labels += [(item, 1, truth), (item, 2, truth), (item, 3, truth if item % 4 else other)]
    skill = fit_skill(labels)
    assert (skill.n_items, skill.n_labels) == (40, 120)
    assert skill.errors[1]["incorrect"]["incorrect"] == pytest.approx(1.0, abs=0.01)
    # Person 3 errs on every second of the 20 incorrect ones and on no correct one.
    assert skill.errors[3]["incorrect"]["correct"] == pytest.approx(0.5, abs=0.01)
    assert skill.errors[3]["correct"]["correct"] == pytest.approx(1.0, abs=0.01)


@pytest.mark.django_db
def test_a_project_merges_by_its_newest_fit_and_the_resolution_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(consensus, "MIN_ITEMS", 2)
    project, lead = make_project(overlap=2), make_user(Role.LEAD)
    people = [make_user(), make_user()]
    for tier in ("2", "3"):
        item = make_item(project, kinds=[5])
        for person in people:
            submit(item, person, labels_for(tier=tier)[-1:])
        item_resolve(item=item)
    assert set(Resolution.objects.values_list("method", flat=True)) == {"majority"}
    assert fits_due(1) == []
    quality_settings_save(
        project=project, lead=lead, numbers={}, choices={"consensus": "dawid_skene"}
    )
    assert [due.pk for due in fits_due(4)] == [project.pk]
    (fit,) = consensus.consensus_fit(project=project)
    assert (fit.kind, fit.n_items, fit.n_labels) == (5, 2, 4)
    assert fits_due(1) == [], "nothing new since"
    item = make_item(project, kinds=[5])
    for person in people:
        submit(item, person, labels_for()[-1:])
    assert item_resolve(item=item) == "resolved"
    decided = Resolution.objects.get(item=item)
    assert (decided.value, decided.method) == ("2", f"dawid-skene {fit.pk}")


@pytest.mark.django_db
def test_too_few_items_are_not_fitted() -> None:
    project = make_project(overlap=1)
    submit(make_item(project, kinds=[1]), make_user(), labels_for()[:1])
    assert consensus.consensus_fit(project=project) == []
    assert not ConsensusFit.objects.exists()


@pytest.mark.django_db
def test_a_persons_confusion_is_what_they_said_against_what_was_decided() -> None:
    project, odd = make_project(overlap=3), make_user()
    item = make_item(project, kinds=[1, 5])
    submit(item, odd, [labels_for(query="incorrect")[0], labels_for(tier="4")[-1]])
    for _ in range(2):
        submit(item, make_user(), [labels_for()[0], labels_for()[-1]])
    item_resolve(item=item)
    assert confusion_of(odd, project) == {
        1: {("correct", "incorrect"): 1},
        5: {("2", "4"): 1},
    }
