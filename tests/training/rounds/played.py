"""A round of two pairs that tests play through stage by stage, as workers and people would."""

from __future__ import annotations

from typing import Any

from annotation.models import Project, QueueItem, Resolution, Round
from tests.factories import make_project
from tests.training.scripted_policy import Scripted
from tests.training.world import GOOD, cot, pair_make, policy_make, truth_make
from training.models import Checkpoint, RunMetric, TrainingRun
from training.rollouts.batches import batch_run
from training.rounds.facts import Facts, round_facts
from training.rounds.rounds import round_advance, round_autopilot, round_start
from training.rounds.standing import round_standing
from training.runs.thresholds import thresholds_clear

PLAN: dict[str, Any] = {"pairs": 2, "rollouts": 1, "rounds": 2, "gold": 0}


def shop_make(autopilot: str = "off", slug: str = "") -> Project:
    """Two training pairs nobody judged, and a held-out one with gold."""
    project = make_project(slug=slug)
    for query in ("red chair", "blue chair"):
        pair_make(project, query, f"{query} with arms")
    truth_make(pair_make(project, "garden bench", "bench", split="test"), source="gold")
    policy_make(name="seed")
    thresholds_clear(project=project)
    project.autopilot = autopilot
    project.save()
    return project


def round_make(project: Project, **plan: Any) -> Round:
    policy = Checkpoint.objects.get(name="seed")
    return round_start(project=project, policy=policy, plan=PLAN | plan).round


def sampled(row: Round) -> None:
    """The inference worker comes by."""
    batch = facts(row).batch
    assert batch is not None
    texts = [cot() for _ in range(batch.n)]
    batch_run(batch_id=batch.pk, client=Scripted(*texts))


def decided(row: Round, count: int = 100, wrong: int = 2) -> int:
    """People decide open items: every step is correct but ``wrong``."""
    items = QueueItem.objects.filter(round=row, state=QueueItem.State.OPEN)[:count]
    for item in items:
        for kind in item.kinds:
            Resolution.objects.create(
                item=item,
                pair=item.rollout.pair,
                kind=kind,
                step_sha256=item.rollout.steps.get(kind=kind).sha256 if kind < 3 else "",
                verdict="incorrect" if kind == wrong else "correct",
                value=GOOD.get(kind, ""),
                source=Resolution.Source.CONSENSUS,
                n=2,
                agreement=1.0,
            )
        item.state = QueueItem.State.RESOLVED
        item.save()
    return len(items)


def trained(run: TrainingRun | None, alarms: tuple[str, ...] = ()) -> Checkpoint:
    """The train worker brings a run to its end."""
    assert run is not None
    run.state, run.step, run.total_steps = TrainingRun.State.FINISHED, 2, 2
    run.save()
    RunMetric.objects.create(run=run, step=2, data={"step": 2, "alarms": list(alarms)})
    kind = Checkpoint.Kind.RM if run.method == "rm" else Checkpoint.Kind.POLICY
    return Checkpoint.objects.create(
        name=f"{run.project.slug}-{run.method}-{run.pk}", kind=kind, path="/left", run=run
    )


def tick(row: Round) -> Round:
    """Beat comes by; the project's newest round afterwards."""
    done = round_autopilot(round_id=row.pk)
    assert done is not None
    return done.round


def state(row: Round) -> str:
    row.refresh_from_db()
    return str(round_standing(row).state)


def facts(row: Round) -> Facts:
    row.refresh_from_db()
    return round_facts(row)


def waits(row: Round) -> tuple[str, str]:
    row.refresh_from_db()
    wait = round_standing(row).wait
    assert wait is not None
    return str(wait.whom), wait.text


def advance(row: Round) -> Round:
    return round_advance(round_id=row.pk).round
