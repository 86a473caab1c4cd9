"""The check before a launch says when prompts and completions leave the policy's context."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from annotation.models import Product, Project
from tests.factories import make_project
from tests.training.world import model_folder_make, pair_make, policy_make, truth_make
from training.models import Checkpoint
from training.runs.preflight import Preflight, preflight

pytestmark = pytest.mark.django_db
LONG = "x" * 700


@pytest.fixture
def project() -> Project:
    made = make_project()
    for query, split in ((LONG, "train"), ("short", "train"), ("held out", "test")):
        truth_make(pair_make(made, query, f"title of {split}", split=split), source="gold")
    return made


def policy(folder: Path, context: int | None) -> Checkpoint:
    model_folder_make(folder, n_positions=context)
    made = Checkpoint.objects.filter(name="policy").first() or policy_make()
    made.path, made.style = str(folder), "bare"
    made.save()
    return made


def check(project: Project, policy: Checkpoint, method: str, **config: Any) -> Preflight:
    return preflight(project=project, method=method, policy=policy, rm=None, config=config)


def test_a_completion_as_long_as_the_context_is_refused_with_the_numbers(
    project: Project, tmp_path: Path
) -> None:
    small = policy(tmp_path, 192)
    problems = check(project, small, "srpo", eval={"max_tokens": 100}).problems
    assert len(problems) == 1
    assert problems[0].startswith("rl.max_tokens 192 and the longest prompt (7")
    assert "do not fit into the 192 tokens that" in problems[0]
    assert (
        check(project, small, "srpo", rl={"max_tokens": 64})
        .problems[0]
        .startswith("eval.max_tokens 192 and the longest prompt")
    )


def test_a_prompt_that_may_be_too_long_is_a_warning(project: Project, tmp_path: Path) -> None:
    limits = {"rl": {"max_tokens": 100}, "eval": {"max_tokens": 100}}
    seen = check(project, policy(tmp_path, 300), "srpo", **limits)
    assert seen.ready
    (warning,) = [text for text in seen.warnings if "may be more than the 300" in text]
    assert "with rl.max_tokens 100" in warning
    roomy = check(project, policy(tmp_path, 1000), "srpo", **limits)
    assert not [text for text in roomy.warnings if "longest prompt" in text]


def test_the_longest_prompt_is_measured_as_its_policy_is_shown_it(
    project: Project, tmp_path: Path
) -> None:
    Product.objects.update(description="x" * 500)
    made, sizes = policy(tmp_path, 192), []
    for version in ("1", "2"):
        Checkpoint.objects.update(prompt_version=version)
        made.refresh_from_db()
        text = check(project, made, "srpo").problems[0]
        sizes.append(int(text.split("(")[1].split(" bytes")[0]))
    assert sizes[1] - sizes[0] == len("description: ") + 160 + len("\n")


def test_nothing_is_said_of_what_is_not_sampled_or_has_no_limit(
    project: Project, tmp_path: Path
) -> None:
    answers = {"fit": {"target": "answer"}, "eval": {"max_tokens": 16}}
    for context, method, config in (
        (64, "sft", answers),
        (64, "linear", {}),
        (None, "srpo", {}),
    ):
        seen = check(project, policy(tmp_path, context), method, **config)
        assert not [text for text in (*seen.problems, *seen.warnings) if "prompt" in text]
