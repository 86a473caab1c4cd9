"""The command itself, once, on six pairs; a second start runs nothing again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

pytestmark = [pytest.mark.rl, pytest.mark.nightly]
ORDERS = "random,asks_twice"


def run(folder: Path, **more: object) -> dict[str, object]:
    options = {"preset": "tiny", "seeds": 1, "orders": ORDERS} | more
    call_command("campaign", report=folder / "out.json", **options)
    body: dict[str, object] = json.loads((folder / "out.json").read_text())
    return body


def test_a_tiny_campaign_reports_every_order_and_goes_on_where_it_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = run(tmp_path)
    assert body["missing"] == []
    curves = body["curves"]
    assert isinstance(curves, dict)
    assert [labels for labels, _ in curves["random"][0]] == [0, 2, 4]
    assert curves["random"][0][0] == curves["asks_twice"][0][0]  # all start from one policy
    assert "| asks_twice |" in capsys.readouterr().out

    reports = sorted(tmp_path.glob("out/cells/*/*/*/report.json"))
    before = [path.stat().st_mtime_ns for path in reports]
    assert len(reports) == 4
    assert run(tmp_path)["curves"] == curves
    assert [path.stat().st_mtime_ns for path in reports] == before

    with pytest.raises(CommandError, match="begun with other settings"):
        call_command("campaign", report=tmp_path / "out.json", orders=ORDERS)


def test_an_unknown_order_is_named_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"no order 'newest'.*claim_entropy"):
        call_command("campaign", report=tmp_path / "out.json", orders="random,newest")
