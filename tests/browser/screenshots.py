"""Screenshots of a small seeded project: `python -m tests.browser.screenshots OUT`.

Every page at 1280 x 900 and 390 x 844, in light and dark.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
SCHEMES = ("light", "dark")


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m tests.browser.screenshots OUT", file=sys.stderr)
        return 2
    out = Path(arguments[0])
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
                _capture(url, out)
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


def _capture(url: str, out: Path) -> None:
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import ARGUMENTS
    from tests.chromium import find_chromium

    pages = _seed()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        for size, (width, height) in SIZES.items():
            for scheme in SCHEMES:
                for name, (user, path, prepare) in pages.items():
                    context = chromium.new_context(
                        base_url=url,
                        viewport={"width": width, "height": height},
                        color_scheme="dark" if scheme == "dark" else "light",
                        locale="en-GB",
                    )
                    page = context.new_page()
                    _log_in(page, user)
                    page.goto(path)
                    prepare(page)
                    page.screenshot(path=out / f"{name}-{size}-{scheme}.png")
                    wide = page.evaluate("document.documentElement.scrollWidth")
                    if wide > width:
                        print(f"{name}-{size}-{scheme}: {wide} px wide, overflows")
                    context.close()
        chromium.close()


def _log_in(page: Any, user: str) -> None:
    from tests.browser.seed import PASSWORD

    if not user:
        return
    page.goto("/login/")
    page.get_by_label("Name").fill(user)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login/" not in url)


def _seed() -> dict[str, tuple[str, str, Callable[[Any], None]]]:
    """Page name -> (user, path, what to do before the picture)."""
    from annotation.roles import Role
    from tests.browser import seed, seed_labels, seed_training

    project = seed.project_seed()
    for name, role in (("ann", Role.ANNOTATOR), ("lea", Role.LEAD), ("eve", Role.ML_ENGINEER)):
        seed.person_seed(name, role)
    split = seed_labels.split_item(project)
    seed_training.disagreements(project)
    run = seed_training.run(project)
    seed_training.run(project, state="finished", step=60)
    seed.item_seed(project, seed.KETTLE, overlap=2)
    broken = seed.cot(seed.SANDALS).replace("attribute: partial", "some of them")
    seed.item_seed(project, seed.SANDALS, text=broken)

    def still(page: Any) -> None:
        page.wait_for_load_state("networkidle")

    def label(page: Any) -> None:
        page.locator("#label-form[data-ready]").wait_for()
        for key in ("j", "k", "1", "1"):
            page.keyboard.press(key)
        page.wait_for_timeout(900)

    return {
        "login": ("", "/login/", still),
        "home": ("lea", "/", still),
        "label": ("ann", "/label/", label),
        "malformed": ("lea", f"/label/?project={project.slug}", still),
        "adjudicate": ("lea", f"/adjudication/{split.pk}/", still),
        "disagreements": ("lea", "/training/disagreements/", still),
        "progress": ("lea", "/progress/", still),
        "runs": ("eve", "/training/runs/", still),
        "run": ("eve", f"/training/runs/{run.pk}/", lambda page: page.wait_for_timeout(300)),
        "missing": ("ann", "/no-such-page/", still),
        "forbidden": ("ann", "/adjudication/", still),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
