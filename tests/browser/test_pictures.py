"""The pictures of the docs."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LARGEST = 300_000  # bytes


def test_every_picture_is_small_shown_somewhere_and_made_by_the_script() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    texts = "".join(page.read_text() for page in pages)
    script = (ROOT / "tests" / "browser" / "first_start.py").read_text()
    pictures = sorted((ROOT / "docs" / "screenshots").glob("*.png"))
    assert pictures
    for picture in pictures:
        assert picture.stat().st_size < LARGEST, picture.name
        assert f"screenshots/{picture.name}" in texts, picture.name
        assert f'"{picture.stem}"' in script, picture.name
