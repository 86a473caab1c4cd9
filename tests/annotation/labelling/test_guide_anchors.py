"""Where the guideline panel jumps to."""

from __future__ import annotations

import pytest

from annotation.labelling.guide_anchors import guide_html


@pytest.mark.parametrize(
    ("text", "anchor"),
    [
        ("## 3. Category", '<h2 id="guide-step-3">3. Category'),
        ("### Step 4: attributes", '<h3 id="guide-step-4">'),
        ("## Final judgment", '<h2 id="guide-step-5">'),
        ("## 第二步 商品分析", '<h2 id="guide-step-2">'),
        ("- *Category match*: the shelf", '<li id="guide-step-3">'),
    ],
)
def test_what_speaks_of_a_step_can_be_jumped_to(text: str, anchor: str) -> None:
    assert anchor in guide_html(text)


@pytest.mark.parametrize("text", ["## 30 examples", "1. read the query", "about steps", ""])
def test_what_speaks_of_something_else_has_no_anchor(text: str) -> None:
    assert "guide-step" not in guide_html(text)


def test_a_heading_is_preferred_to_a_list_item_and_an_anchor_occurs_once() -> None:
    html = guide_html("- Query analysis: see below\n\n# 1 Query\n\n# 1 Query again")
    assert html.count("guide-step-1") == 1
    assert '<h1 id="guide-step-1">1 Query</h1>' in html


def test_html_in_a_guideline_stays_text() -> None:
    assert "<script>" not in guide_html("# 1 <script>alert(1)</script>")
