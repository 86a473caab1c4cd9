"""Screenshots of a small seeded project: `python -m tests.browser.screenshots OUT`.

Every page at 1280 x 900 and 390 x 844, in light and dark.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browser.shot_steps import (
    against_the_table,
    charts,
    checked,
    compared,
    label,
    pressed,
    still,
    submitted,
    switcher,
)

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
SCHEMES = ("light", "dark")
FLAGGED = "Is an exclusion an attribute? The guideline does not say."


@dataclass(frozen=True, slots=True)
class Shot:
    name: str
    user: str  # "" = not logged in
    path: str
    prepare: Callable[[Any], None]
    sizes: tuple[str, ...] = ("desktop", "phone")


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0].startswith("-"):
        print("usage: python -m tests.browser.screenshots OUT [PAGE ...]", file=sys.stderr)
        return 2
    out, only = Path(arguments[0]), set(arguments[1:])
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["STEPWISE_DATA_DIR"] = folder
        os.environ.setdefault("STEPWISE_SECRET_KEY", "screenshots-only-" + "k" * 50)
        os.environ["CELERY_BROKER_URL"] = "memory://"
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        from config.embedded import ensure_database_url, stop_embedded

        Path(folder).chmod(0o755)
        ensure_database_url()
        try:
            with _server() as url:
                _capture(url, out, only)
        finally:
            stop_embedded(Path(folder) / "postgres")
    return 0


@contextmanager
def _server() -> Iterator[str]:
    import django

    django.setup()
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.core.management import call_command
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.core.wsgi import get_wsgi_application

    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            return

    call_command("migrate", verbosity=0)
    from threading import Thread

    server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
    server.set_app(StaticFilesHandler(get_wsgi_application()))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def _capture(url: str, out: Path, only: set[str]) -> None:
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import ARGUMENTS
    from tests.chromium import find_chromium

    shots = _seed()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        for user in {shot.user for shot in shots}:
            context = chromium.new_context(base_url=url, locale="en-GB")
            page = context.new_page()
            _log_in(page, user)
            for shot in shots:
                if shot.user == user and (not only or shot.name in only):
                    _take(page, shot, out)
            context.close()
        chromium.close()


def _take(page: Any, shot: Shot, out: Path) -> None:
    """All sizes and schemes of one page; says when a page is wider than its window."""
    for size in shot.sizes:
        width, height = SIZES[size]
        page.set_viewport_size({"width": width, "height": height})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.goto(shot.path)
            shot.prepare(page)
            page.screenshot(path=out / f"{shot.name}-{size}-{scheme}.png")
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            print(f"{shot.name}-{size}: {wide} px wide, overflows")


def _log_in(page: Any, user: str) -> None:
    from tests.browser.seed import PASSWORD

    if not user:
        return
    page.goto("/login/")
    page.get_by_label("Name").fill(user)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login/" not in url)


def _long_items(project: Any) -> None:
    from annotation.labelling.queue import queue_claim
    from annotation.people.roles import Role
    from tests.browser import seed

    for name in ("dan", "fay", "gus"):
        product = seed.item_seed(project, seed.HEADPHONES).rollout.pair.product
        product.description = "Hybrid active noise cancelling with four microphones. " * 15
        product.attributes = [[f"Detail {n}", f"value {n}"] for n in range(20)]
        product.save()
        queue_claim(annotator=seed.person_seed(name, Role.ANNOTATOR))


def _seed() -> list[Shot]:
    from annotation.labelling.flags import flag_raise
    from annotation.labelling.queue import queue_claim
    from annotation.models import StepLabel
    from annotation.people.roles import Role
    from tests.browser import (
        seed,
        seed_care,
        seed_import,
        seed_labels,
        seed_quality,
        seed_training,
    )

    project = seed.project_seed()
    for name, role in (("ann", Role.ANNOTATOR), ("lea", Role.LEAD), ("eve", Role.ML_ENGINEER),
                       ("new", Role.ANNOTATOR)):  # fmt: skip
        seed.person_seed(name, role)
    split = seed_labels.split_item(project)
    seed_training.disagreements(project)
    seed_training.judges(project)
    run = seed_training.run(project)
    finished = seed_training.finished(project)
    seed_training.rounds(project)
    one, other = seed_training.compared(project)
    compare = f"/training/compare/{one.pk}/"
    rollouts = f"/training/runs/{seed_training.rollouts(project).pk}/rollouts/"
    seed.item_seed(project, seed.KETTLE)
    queue_claim(annotator=seed.person_seed("ann", Role.ANNOTATOR))
    broken = seed.cot(seed.SANDALS).replace("attribute: partial", "some of them")
    seed.item_seed(project, seed.SANDALS, text=broken)
    queue_claim(annotator=seed.person_seed("bob", Role.ANNOTATOR))
    seed.person_seed("cas", Role.ANNOTATOR)
    _long_items(project)
    flag_raise(
        item=split, person=seed.person_seed("p2", Role.ANNOTATOR), kind=4, reason=FLAGGED
    )
    care = seed_care.looked_after()
    seed_care.exported(care.project)
    withdrawn = seed_quality.truth(care.project, seed.person_seed("lea", Role.LEAD))
    quality = f"/quality/{care.project.slug}"
    lea, folder = seed.person_seed("lea", Role.LEAD), f"/projects/{project.slug}/import"
    imports = {name: made(project, lea).pk for name, made in seed_import.STATES.items()}
    return [
        Shot("login", "", "/login/", still),
        Shot("home", "lea", "/", still),
        Shot("home-new", "new", "/", still),
        Shot("practice", "new", f"/label/practice/{care.project.slug}/", still),
        Shot("practice-answers", "new", f"/label/practice/{care.project.slug}/", compared),
        Shot("recent", "ann", f"/label/recent/?project={care.project.slug}", still),
        Shot("label", "ann", "/label/", label),
        Shot("malformed", "bob", "/label/", still),
        Shot("label-folded", "dan", "/label/", still),
        Shot("label-warning", "dan", "/label/", against_the_table),
        Shot("label-locked", "fay", "/label/", submitted(503, "")),
        Shot("label-refused", "gus", "/label/", submitted(409, "it was closed")),
        Shot("skip", "bob", "/label/", pressed("s", "#skip")),
        Shot("keys", "bob", "/label/", pressed("?", "#sheet"), sizes=("desktop",)),
        Shot("flag", "bob", "/label/", pressed("f", "#flag")),
        Shot("flags", "lea", "/flags/", still),
        Shot("guide", "bob", "/label/", pressed("g", "#guide h1")),
        Shot("adjudication", "lea", "/adjudication/", still),
        Shot("exports", "lea", "/exports/", still),
        Shot("tokens", "lea", "/tokens/", still),
        Shot("password", "eve", "/password/", still),
        Shot("queue-admin", "lea", "/admin/annotation/queueitem/", still),
        Shot("launch", "eve", "/admin/training/trainingrun/launch/", still),
        Shot("check", "eve", "/admin/training/trainingrun/launch/", checked),
        Shot("adjudicate", "lea", f"/adjudication/{split.pk}/", still),
        Shot("disagreements", "lea", "/training/disagreements/", still),
        Shot("judges", "lea", f"/training/judges/?project={project.slug}", still),
        Shot("progress", "lea", "/progress/", still),
        Shot("switch", "lea", "/progress/", switcher),
        Shot("dashboard", "lea", f"{quality}/", still),
        Shot("person", "lea", f"{quality}/people/{care.gold_try.annotator_id}/", still),
        Shot("agreement", "lea", f"{quality}/agreement/?by=annotator", still),
        Shot("explain", "lea", f"{quality}/agreement/explain/?step=5", still),
        Shot("review", "lea", f"{quality}/review/", still),
        Shot("item", "lea", f"/quality/items/{care.item.pk}/", still),
        Shot("gold", "lea", f"{quality}/gold/", still),
        Shot("gold-item", "lea", f"/quality/gold/{care.gold.pk}/", still),
        Shot("feedback", "ann", f"/quality/feedback/{care.gold_try.pk}/", still),
        Shot("guideline", "lea", f"{quality}/guideline/", still),
        Shot("guideline-edit", "lea", f"{quality}/guideline/edit/", still),
        Shot("stale", "lea", f"{quality}/stale/", still),
        Shot("truths", "lea", f"{quality}/truth/", still),
        Shot("truth", "lea", f"/quality/truth/{withdrawn.pk}/", still),
        Shot("coverage", "lea", f"{quality}/coverage/", still),
        Shot("overlap", "lea", f"{quality}/overlap/", still),
        Shot("delete", "lea", f"{quality}/delete/", still),
        Shot("guide-page", "ann", f"/guideline/{care.project.slug}/", still),
        Shot("runs", "eve", "/training/runs/", still),
        Shot("engineer", "eve", "/", still),
        Shot("circle", "lea", f"/circle/{project.slug}/", still),
        Shot("run", "eve", f"/training/runs/{run.pk}/", charts),
        Shot("run-finished", "eve", f"/training/runs/{finished.pk}/", charts),
        Shot("rollouts", "eve", rollouts, still),
        Shot("pair-rollouts", "eve", f"{rollouts}pairs/{split.rollout.pair_id}/", still),
        Shot("lineage", "lea", f"/lineage/label/{StepLabel.objects.earliest('pk').pk}/", still),
        Shot("compare-choose", "eve", compare, still),
        Shot("compare", "lea", f"{compare}{other.pk}/?rewards=1", still),
        Shot("influence", "lea", f"{quality}/influence/", still),
        Shot("new-project", "lea", "/projects/new/", still),
        Shot("first-cots", "lea", f"/training/first-cots/{project.slug}/", still),
        Shot("import-more", "lea", f"{folder}/", still),
        *(
            Shot(f"import-{name}", "lea", f"{folder}/{pk}/", still)
            for name, pk in imports.items()
        ),
        Shot("missing", "ann", "/no-such-page/", still),
        Shot("empty", "cas", f"/label/?project={project.slug}", still),
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
