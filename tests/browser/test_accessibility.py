"""axe-core finds no serious or critical violation on any page, in either theme, and no page is
wider than a phone.

The pages are taken from the URL names, so a new page is checked without being listed here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from playwright.sync_api import Page

from annotation.labelling.flags import flag_raise
from annotation.models import Project, Step, StepLabel
from annotation.people.roles import Role
from tests.browser import seed, seed_care, seed_import, seed_labels, seed_quality, seed_training
from tests.browser.axe import violations
from training.models import RewardGroup

pytestmark = pytest.mark.browser
LogIn = Callable[[User], None]
# A probe, a part of a page, a file of a row, a switch that leads back.
NO_PAGES = {"healthz", "circle_live", "run_live", "first_cots_live", "import_progress",
            "export_file", "set_language", "quality_influence_run",
            "rounds_waiting", "example"}  # fmt: skip
ADMIN = ("index", "password_change", "annotation_project_add", "annotation_importjob_add",
         "training_trainingrun_launch", "training_rolloutbatch_launch")  # fmt: skip
# Pages of users and groups are Django's alone and have faults of their own.
ADMIN_ROWS = ("annotation_project", "annotation_rollout", "training_trainingrun")
# One page of each kind; all take their colours from the same few variables.
ADMIN_DARK = ("index", "annotation_queueitem list", "annotation_project row",
              "training_trainingrun_launch")  # fmt: skip
QUERIES = {"quality_explain": "?step=4", "compare": "?rewards=1"}
# Opened by a key: dialogs and panels are part of their page.
OPENED = {"label": {"f": "#flag", "s": "#skip", "?": "#sheet", "g": "#guide h1"}}


def named(resolver: URLResolver) -> Iterator[tuple[str, set[str]]]:
    """Name and parameters of every URL of ours outside the admin and the API."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            if entry.name:
                yield entry.name, set(entry.pattern.converters)
        elif not entry.namespace:
            yield from named(entry)


@pytest.fixture
def everybody(project: Project) -> User:
    """One person who may open every page."""
    person = seed.person_seed("eve", Role.LEAD)
    seed.person_seed("eve", Role.ML_ENGINEER)
    return person


@pytest.fixture
def numbers(project: Project, everybody: User) -> dict[str, int]:
    """URL name -> the row to open, for pages that show one row."""
    first, second = seed_training.compared(project)  # while nothing else is next in the queue
    split = seed_labels.split_item(project)
    flag_raise(item=split, person=seed.person_seed("p1", Role.ANNOTATOR), reason="odd", kind=4)
    flag_raise(item=split, person=everybody, reason="odd")
    seed_training.disagreements(project)
    seed_training.rounds(project)
    seed_training.judges(project)
    seed.item_seed(project, seed.KETTLE)
    attempt = seed_quality.gold_try(project, everybody)
    seed_quality.explained(project)
    seed_care.exported(project)
    rollouts = seed_training.rollouts(project)
    imports = {name: made(project, everybody) for name, made in seed_import.STATES.items()}
    return {
        **{name: job.pk for name, job in imports.items()},
        "import_job": imports["draft"].pk,
        "compare": first.pk,
        "second": second.pk,
        "run_rollouts": rollouts.pk,
        "run_pair_rollouts": rollouts.pk,
        "pair": RewardGroup.objects.filter(run=rollouts).earliest("pk").pair_id,
        "adjudicate": split.pk,
        "run": seed_training.run(project).pk,
        "quality_gold_item": attempt.gold_id,
        "gold_feedback": attempt.pk,
        "quality_item": split.pk,
        "quality_person": everybody.pk,
        "finished": seed_training.finished(project).pk,
        "lineage_label": StepLabel.objects.earliest("pk").pk,
        "lineage_step": Step.objects.earliest("pk").pk,
        "quality_truth": seed_quality.truth(project, everybody).pk,
    }


def paths(numbers: dict[str, int]) -> dict[str, str]:
    slug = Project.objects.get().slug
    path_of = {}
    for name, wants in named(get_resolver()):
        if name in NO_PAGES or name.startswith("api"):
            continue
        values: dict[str, Any] = {
            "slug": slug,
            "pk": numbers.get(name, 0),
            "pair": numbers.get("pair", 0),
            "group": 0,
            "a": numbers["compare"],
            "b": numbers["second"],
            "run": numbers.get("run_rollouts", 0),
            "update": 1,
        }
        path_of[name] = reverse(name, kwargs={key: values[key] for key in wants}) + QUERIES.get(
            name, ""
        )
    return path_of


def test_no_page_has_a_grave_violation_in_either_theme(
    page: Page, log_in: LogIn, everybody: User, numbers: dict[str, int]
) -> None:
    every = paths(numbers)
    every["finished run"] = reverse("run", args=[numbers["finished"]])
    slug = Project.objects.get().slug
    for name in seed_import.STATES:
        every[f"import {name}"] = reverse("import_job", args=[slug, numbers[name]])
    page.goto(every.pop("login"))
    faults = in_both_themes(page, "login")
    log_in(everybody)
    opened = []
    for name, path in every.items():
        answer = page.request.get(path)
        status = answer.status
        if status == 405:  # something that is done, not shown
            continue
        assert status == 200, f"{name}: give `numbers` a row for {path}"
        if "text/html" not in answer.headers["content-type"]:  # a download
            continue
        page.goto(path)
        opened.append(name)
        assert "practice" not in name or page.url.endswith(path), "nothing to practise on"
        faults += [*in_both_themes(page, name), *too_wide(page, name)]
        for key, shown in OPENED.get(name, {}).items():
            page.keyboard.press(key)
            page.locator(shown).wait_for()
            faults += in_both_themes(page, f"{name} {key}")
            page.keyboard.press("Escape")
            page.locator(shown).wait_for(state="hidden")
    assert {"home", "label", "disagreements", "judges", "run", "circle"} <= set(opened)
    assert faults == [], "\n".join(faults)


def test_no_admin_page_has_a_grave_violation(
    page: Page, log_in: LogIn, everybody: User, numbers: dict[str, int]
) -> None:
    """The forms, every list, and a row of those that are more than Django's own template."""
    paths = {name: reverse(f"admin:{name}") for name in ADMIN}
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        paths[f"{name} list"] = reverse(f"admin:{name}_changelist")
        if name in ADMIN_ROWS:
            row = model._default_manager.order_by("pk").first()
            assert row is not None
            paths[f"{name} row"] = reverse(f"admin:{name}_change", args=[row.pk])
    page.route("**/htmx.min.js", lambda route: route.abort())  # it would reload under axe
    log_in(seed.person_seed("amy", Role.ADMIN))
    faults = []
    for name, path in paths.items():
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        if name in ADMIN_DARK:
            faults += in_both_themes(page, name)
        else:
            page.emulate_media(color_scheme="light")
            faults += [f"{name}: {one}" for one in violations(page)]
    assert len(paths) > 20
    assert faults == [], "\n".join(faults)


def test_no_refusal_or_empty_page_has_a_grave_violation(
    page: Page, log_in: LogIn, project: Project, annotator: User
) -> None:
    """Nothing to label, a page that is missing, one that the role may not open."""
    log_in(annotator)
    faults = []
    for path, status in {"/label/": 200, "/no-such-page/": 404, "/adjudication/": 403}.items():
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == status
        faults += in_both_themes(page, path)
    assert faults == [], "\n".join(faults)


def too_wide(page: Page, name: str) -> list[str]:
    """A phone's window, 390 px, shows a page without a sideways scroll."""
    desktop = page.viewport_size
    assert desktop is not None
    page.set_viewport_size({"width": 390, "height": 844})
    width = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size(desktop)
    return [f"{name}: {width} px wide on a phone"] if width > 390 else []


def in_both_themes(page: Page, name: str) -> list[str]:
    """Only colours differ between the themes, so the dark one is checked for contrast alone."""
    page.emulate_media(color_scheme="light")
    faults = violations(page)
    page.emulate_media(color_scheme="dark")
    return [f"{name}: {one}" for one in [*faults, *violations(page, ["color-contrast"])]]


def test_the_check_finds_a_violation_where_there_is_one(page: Page, live_server: Any) -> None:
    page.goto("/login/")
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=x>')"
    )
    assert [one.partition(":")[0] for one in violations(page)] == ["image-alt"]
