"""The pictures of the README and the docs, from what `make run` shows on a first start:
`python -m tests.browser.first_start docs/screenshots`.

Starts the supervisor on an empty data folder, signs in as the demo users by the keyboard, and
waits until the built-in sample's first rollouts are there.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.request import urlopen

from config.demo import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
DESKTOP, PHONE = (1280, 900), (390, 844)
START_SECONDS = 300
ROUNDS_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Picture:
    name: str
    user: str
    path: str
    prepare: Callable[[Any], None]
    size: tuple[int, int] = DESKTOP
    scheme: Literal["light", "dark"] = "light"


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print("usage: python -m tests.browser.first_start OUT", file=sys.stderr)
        return 2
    out = Path(arguments[0])
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # PostgreSQL does not run as root
        with started(Path(folder)) as url:
            capture(url, out)
    return 0


@contextmanager
def started(data: Path) -> Iterator[str]:
    """The address of an installation of its own, stopped at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    os.environ |= {"PORT": str(port), "STEPWISE_DATA_DIR": str(data)}
    supervisor = subprocess.Popen([sys.executable, "-m", "config.supervisor"], cwd=ROOT)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/login/", supervisor)
        yield url
    finally:
        supervisor.send_signal(signal.SIGINT)
        supervisor.wait(60)


def _wait_for(url: str, supervisor: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if supervisor.poll() is not None:
            raise RuntimeError(f"make run ended with code {supervisor.returncode}")
        try:
            urlopen(url).close()
            return
        except OSError:
            time.sleep(0.5)
    raise TimeoutError(f"{url} does not answer")


def capture(url: str, out: Path) -> None:
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import ARGUMENTS
    from tests.chromium import find_chromium

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        for picture in PICTURES:
            width, height = picture.size
            context = chromium.new_context(
                base_url=url,
                locale="en-GB",
                viewport={"width": width, "height": height},
                color_scheme=picture.scheme,
            )
            page = context.new_page()
            sign_in(page, picture.user)
            page.goto(picture.path)
            picture.prepare(page)
            page.screenshot(path=out / f"{picture.name}.png")
            context.close()
        chromium.close()


def sign_in(page: Any, user: str) -> None:
    page.goto("/login/")
    page.get_by_label("Name").fill(user)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login/" not in url)


def two_judged(page: Any) -> None:
    """The first task, as soon as the policy has written it, with two steps judged by key."""
    until = time.monotonic() + START_SECONDS
    while not page.locator("#label-form").count():
        if time.monotonic() > until:
            raise TimeoutError("no rollout was sampled")
        page.wait_for_timeout(1000)
        page.reload()
    page.locator("#label-form[data-ready]").wait_for()
    english(page)
    if not page.locator("#step-1").get_attribute("data-state"):
        for _ in range(2):
            page.keyboard.press("1")
        page.get_by_text("saved").wait_for()


def english(page: Any) -> None:
    """Skips what is not in the language of the README."""
    while page.locator(".query:lang(zh)").count():
        number = page.locator("#label-form").get_attribute("action")
        page.keyboard.press("s")
        page.keyboard.press("3")
        page.keyboard.type("not in English")
        page.keyboard.press("Control+Enter")
        page.locator(f"#label-form[data-ready]:not([action='{number}'])").wait_for()
        page.reload()
        page.locator("#label-form[data-ready]").wait_for()


def quick(page: Any) -> None:
    """The form of a run, filled in by the small preset."""
    page.get_by_label("Project").select_option(index=1)
    page.get_by_label("Policy").select_option(index=1)
    page.get_by_label("Preset").select_option("quick")
    page.locator("#id_rl__updates[value='10']").wait_for()


def two_rounds(page: Any) -> None:
    """Started by the form, labelled by simulated people, until the second one is done."""
    page.get_by_label("Pairs to sample").fill("24")
    page.get_by_label("Rounds").fill("2")
    page.locator("#id_autopilot").select_option("whole")
    page.get_by_role("button", name="Start", exact=True).click()
    command = [sys.executable, "manage.py", "simulate_people", "--project", "sample"]
    people = subprocess.Popen(command, cwd=ROOT)
    until = time.monotonic() + ROUNDS_SECONDS
    while page.locator(".chip.good").count() < 3:  # on top, and one a line
        if time.monotonic() > until:
            raise TimeoutError("the second round did not end")
        page.wait_for_timeout(5000)
        page.reload()
    people.terminate()
    people.wait(60)


PICTURES = (
    Picture("label-desktop-light", "annotator", "/label/", two_judged),
    Picture("label-phone-dark", "annotator", "/label/", two_judged, PHONE, "dark"),
    Picture("launch-desktop-light", "engineer", "/admin/training/trainingrun/launch/", quick),
    Picture("circle-desktop-light", "lead", "/circle/sample/", two_rounds),
)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
