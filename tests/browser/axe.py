"""axe-core on the page that is open: https://github.com/dequelabs/axe-core, in vendor/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_SCRIPT = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")


def violations(page: Page, rules: list[str] | None = None) -> list[str]:
    """Serious and critical violations as "rule: selector, ..."; of ``rules`` alone if given."""
    # Evaluated by the browser's debugger, so our Content-Security-Policy stays as it is.
    if not page.evaluate("'axe' in window"):
        page.evaluate(_SCRIPT.read_text())
    # A colour that is still fading from one theme to the other is nobody's colour.
    page.evaluate("document.getAnimations().forEach((animation) => animation.finish())")
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": rules}
    rows = page.evaluate("options => axe.run(document, options)", options)["violations"]
    return [
        f"{one['id']}: {', '.join(str(node['target'][0]) for node in one['nodes'])}"
        for one in rows
        if one["impact"] in GRAVE
    ]
