"""The launch form: what is shown is what is stored; errors stand at the field they name."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.factories import make_project
from tests.training.admin_door import LAUNCH, choice
from tests.training.world import (
    pair_make,
    policy_make,
    resolve,
    rm_make,
    rollout_make,
    trainable,
    truth_make,
)
from training.job.methods import METHODS
from training.models import TrainingRun

pytestmark = pytest.mark.django_db


def shown_names(page: str) -> set[str]:
    return set(re.findall(r'name="([a-z_]+)"', page))


def test_the_form_shows_the_settings_of_the_chosen_method_alone(engineer: Client) -> None:
    srpo = shown_names(engineer.get(LAUNCH).content.decode())
    sft = shown_names(engineer.get(LAUNCH, {"method": "sft"}).content.decode())
    rm = shown_names(engineer.get(LAUNCH, {"method": "rm"}).content.decode())
    assert {"rl__updates", "rl__gamma", "rm", "train_limit"} <= srpo
    assert {name for name in srpo if name.startswith("fit__")} == set()
    assert {"fit__epochs", "fit__target"} <= sft
    assert {name for name in sft if name.startswith("rl__")} | ({"rm"} & sft) == set()
    assert {"train_limit", "rm"} & rm == set()


@pytest.mark.parametrize("method", METHODS)
def test_what_the_form_shows_is_what_is_stored(
    engineer: Client, sent: list[int], method: str
) -> None:
    row, project = METHODS[method], make_project()
    pair, _held_out = trainable(project)
    resolve(rollout_make(pair), {1: "correct", 5: "incorrect"})
    policy = rm_make() if row.starts_from == "rm" else policy_make()
    filled = {
        "rl.gamma": 0.5,
        "rl.kl": 0.5,
        "fit.holdout": 0.3,
        "eval.dev_share": 0.3,
        "rl.group": 4,
    }
    words = {"rl.normalise": "none", "rl.shaping": "rules", "fit.target": "answer",
             "fit.pairs": "pass_at_n", "rl.replay": "true", "rl.dynamic": "true",
             "eval.keep_best": "true", "eval.proven": "true",
             "eval.best_by": "accuracy"}  # fmt: skip
    values = {key: {**filled, **words}.get(key, 2) for key in row.form}
    values |= {key: 0.5 for key in row.form if "learning_rate" in key}
    posted = {key.replace(".", "__"): value for key, value in values.items()}
    launch = {"method": method, "policy": policy.pk, "confirm": "1", **posted}
    engineer.post(LAUNCH, choice(project, **launch))
    stored = TrainingRun.objects.get().config
    for key, value in values.items():
        section, _dot, name = key.partition(".")
        assert stored[section][name] == (True if value == "true" else value)


def test_a_preset_fills_the_settings_in(engineer: Client, sent: list[int]) -> None:
    page = engineer.get(LAUNCH, {"method": "srpo", "preset": "paper", "rl__updates": "7"})
    form = page.context["form"]
    assert (form["rl__prompts"].value(), form["rl__group"].value()) == (64, 16)
    assert form["rl__updates"].value() == ""  # the preset has the word
    kept = engineer.get(LAUNCH, {"method": "srpo", "preset": "custom", "rl__updates": "7"})
    assert kept.context["form"]["rl__updates"].value() == "7"
    assert [key for key, _text in form.fields["preset"].choices] == ["custom", "quick", "paper"]


def test_an_error_stands_at_the_field_that_it_names(engineer: Client, sent: list[int]) -> None:
    project = make_project()
    trainable(project)
    values = {"rl__prompts": 3, "rl__group": 8, "overrides": "[rl]\nmicro_batch = 64"}
    form = engineer.post(LAUNCH, choice(project, confirm="1", **values)).context["form"]
    assert "(rl.prompts 3 x rl.group 8)" in form.errors["rl__prompts"][0]
    values["overrides"] = ""
    engineer.post(LAUNCH, choice(project, confirm="1", **values))
    assert TrainingRun.objects.count() == 1  # the micro-batch was nobody's choice


def test_a_dead_end_offers_to_sample_held_out_pairs(engineer: Client) -> None:
    project = make_project()
    truth_make(pair_make(project, "q", "t"))
    page = engineer.post(LAUNCH, choice(project)).content.decode()
    assert "Sample test pairs" not in page
    pair_make(project, "held out", "t", split="test")
    page = engineer.post(LAUNCH, choice(project)).content.decode()
    link = re.search(r'href="([^"]+splits=test[^"]*)"', page)
    assert link
    form = engineer.get(link[1].replace("&amp;", "&")).context["form"]
    assert form["splits"].value() == ["test"]
    assert form["project"].value() == str(project.pk)
