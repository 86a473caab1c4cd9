"""Finds a Chromium for the browser tests, or installs one. Used by `make test` and the tests.

With CI=true a machine without a browser fails here, so browser tests are never skipped there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """The browser's path: STEPWISE_CHROMIUM, then a system one, then Playwright's own."""
    if chosen := os.environ.get("STEPWISE_CHROMIUM"):
        return chosen if Path(chosen).exists() else None
    for name in NAMES:
        if path := shutil.which(name):
            return path
    return _playwright_chromium()


def _playwright_chromium() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install_commands(*, root: bool, apt: str | None) -> list[list[str]]:
    """What to try, in order, on a machine without a browser."""
    commands: list[list[str]] = []
    if root and apt:
        commands.append(
            ["sh", "-c", f"{apt} update -q && {apt} install -y -q chromium fonts-noto-cjk"]
        )
    commands.append([sys.executable, "-m", "playwright", "install", "chromium"])
    return commands


def main() -> int:
    browser = find_chromium()
    for command in install_commands(root=os.geteuid() == 0, apt=shutil.which("apt-get")):
        if browser:
            break
        print("[setup] no Chromium found; trying:", " ".join(command), flush=True)
        subprocess.run(
            command, check=False, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        )
        browser = find_chromium()
    if browser:
        print(f"[setup] browser tests use {browser}")
        return 0
    in_ci = os.environ.get("CI", "").lower() in {"1", "true"}
    print(
        "\n*** No Chromium could be found or installed. ***\n"
        + ("*** CI=true: that is a failure.\n" if in_ci else "*** BROWSER TESTS ARE SKIPPED.\n")
        + "*** Install one, or point STEPWISE_CHROMIUM at it.\n",
        file=sys.stderr,
    )
    return 1 if in_ci else 0


if __name__ == "__main__":
    sys.exit(main())
