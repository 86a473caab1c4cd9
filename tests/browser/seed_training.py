"""Rows that training leaves behind, for the pages that show them."""

from __future__ import annotations

import math
from datetime import timedelta

from django.utils import timezone

from annotation.models import Project, QueueItem, Round
from tests.browser import seed, seed_labels
from tests.factories import make_item
from tests.training.two_runs import two_runs
from tests.training.world import appointed, differences, hashes_of, ledger_line, trainable
from training.job.folder import LEDGER
from training.job.ledger import ledger_append
from training.judges.gate import GateReport, Measured
from training.models import (
    Checkpoint,
    Disagreement,
    EvalReport,
    RmGate,
    RolloutBatch,
    RunMetric,
    StepScore,
    TrainingRun,
)
from training.rounds.plan import plan_read
from training.runs.ledger_ingest import LedgerIngest
from training.runs.snapshot import run_folder

SCORES = (
    (4, 0.08, "The query excludes noise cancelling, but the step counts it as asked for."),
    (5, 0.21, "The tier follows from a wrong attribute claim."),
)


def disagreements(project: Project) -> list[Disagreement]:
    """Two steps that two people call correct and the reward model does not, surest first.

    They belong to two rollouts, because an item asks for all the disputed steps of one.
    """
    rm = Checkpoint.objects.create(name="rm-2", kind=Checkpoint.Kind.RM, path="rm-2")
    items = [seed_labels.agreed_item(project, w) for w in (seed.HEADPHONES, seed.TRIPOD)]
    for item, (kind, p, critique) in zip(items, SCORES, strict=True):
        step = item.rollout.steps.get(kind=kind)
        StepScore.objects.create(step=step, rm=rm, p=p, critique=critique)
    return differences(project, rm)


def judges(project: Project) -> tuple[Checkpoint, Checkpoint]:
    """A reward model in charge, and a candidate that the gate refuses."""
    policy, _ = Checkpoint.objects.get_or_create(name="seed-policy", defaults={"path": "seed"})
    by_kind = {"1": {"kappa": 0.52}, "2": {"kappa": 0.31}, "3": {"kappa": None}}
    fitted = {"rm": {"held_out": {"by_kind": by_kind}}}
    champion, candidate = (
        Checkpoint.objects.create(
            name=f"shop-rm-{number}",
            kind=Checkpoint.Kind.RM,
            path="rm",
            run=TrainingRun.objects.create(
                project=project,
                method="rm",
                policy=policy,
                report=fitted,
                state=TrainingRun.State.FINISHED,
            ),
        )
        for number in (14, 15)
    )
    appointed(project, champion)
    rows = [
        Measured("majority", 0.831, 0.712, 0.119, 0.082, 0.155, 0.0, passes=True),
        Measured("auc", 0.871, 0.5, 0.371, 0.332, 0.409, 0.0, passes=True),
        Measured("accuracy", 0.831, 0.842, -0.011, -0.034, 0.012, -0.03, passes=False),
        Measured("processbench_f1", 0.553, 0.541, 0.012, -0.048, 0.071, -0.03, passes=False),
        Measured("ece", 0.061, 0.055, 0.006, -0.011, 0.024, 0.03, passes=True),
    ]
    report = GateReport(812, 171, 400, champion.name, rows)
    RmGate.objects.create(
        project=project, rm=candidate, state=RmGate.State.DONE, report=report.stored()
    )
    return champion, candidate


def run(
    project: Project, state: str = TrainingRun.State.RUNNING, step: int = 34
) -> TrainingRun:
    """A run with ``step`` of 60 updates measured."""
    policy, _ = Checkpoint.objects.get_or_create(name="seed-policy", defaults={"path": "seed"})
    made = TrainingRun.objects.create(
        project=project,
        method="srpo",
        policy=policy,
        state=state,
        step=step,
        total_steps=60,
        attempt=1,
        started_at=timezone.now() - timedelta(seconds=6 * step),
        config={"steps": 60, "group_size": 8, "learning_rate": 2e-4},
        log_tail="\n".join(f"step {i} reward {_metrics(i)['reward']:.3f}" for i in range(step)),
    )
    RunMetric.objects.bulk_create(
        [RunMetric(run=made, step=i, data=_metrics(i)) for i in range(1, step + 1)]
    )
    metrics = {
        "macro_f1": 0.5634,
        "macro_f1_interval": [0.512, 0.611],
        "accuracy": 0.601,
        "good_f1": 0.7125,
        "n": 180,
    }
    EvalReport.objects.create(run=made, moment="before", metrics=metrics)
    return made


def finished(project: Project) -> TrainingRun:
    """A run that left a checkpoint and was measured before and after."""
    made = run(project, state=TrainingRun.State.FINISHED, step=60)
    Checkpoint.objects.create(name=f"demo-srpo-{made.pk}", path="left", run=made)
    metrics = {
        "macro_f1": 0.7412, "macro_f1_interval": [0.69, 0.792], "accuracy": 0.77,
        "good_f1": 0.8231, "n": 180,
    }  # fmt: skip
    EvalReport.objects.create(run=made, moment="after", metrics=metrics)
    return made


def rounds(project: Project) -> Round:
    """One round that came to its end, and one whose items are being labelled."""
    done = finished(project)
    done.report = {"human_share": 0.87}
    plan = plan_read({"pairs": 2}).stored()
    first = Round.objects.create(
        project=project, number=1, policy="seed-policy", plan=plan, ended_at=timezone.now()
    )
    done.round = first
    done.save()
    row = Round.objects.create(project=project, number=2, policy="seed-policy", plan=plan)
    items = [make_item(project), make_item(project)]
    RolloutBatch.objects.create(
        project=project,
        policy=done.policy,
        round=row,
        state=RolloutBatch.State.DONE,
        pair_ids=[item.rollout.pair_id for item in items],
        rollouts_done=2,
    )
    QueueItem.objects.filter(pk__in=[item.pk for item in items]).update(round=row)
    return row


def rollouts(project: Project) -> TrainingRun:
    """A finished run with its ledger: two updates of two pairs, some texts unreadable."""
    made = run(project, state=TrainingRun.State.FINISHED, step=60)
    folder = run_folder(made)
    folder.mkdir(parents=True, exist_ok=True)
    ingest = LedgerIngest(made, folder)
    lines = []
    for update in (1, 2):
        for written in (seed.HEADPHONES, seed.TRIPOD):
            pair = seed.pair_seed(project, written)
            text = seed.cot(written)
            broken = text.replace("## 4 attribute match", "attributes:")
            right = [0.93, 0.88, 1.0, 1.0, 1.0]
            wrong = [0.93, None, 0.0, 0.0, 0.0]
            up, down = [0.71, 0.71, 1.42, 0.71, 0.71], [-0.71, 0.0, -1.42, -0.71, -0.71]
            human = ["rm", "rm", "consensus", "adjudicated", "gold"]
            lines.append(
                ledger_line(
                    pair, update, texts=[text, broken], which=[0, 0, 1],
                    errors=[None, None, "missing_heading"],
                    steps=[hashes_of(pair, text), [None] * 5],
                    rewards=[right, right, wrong], advantages=[up, up, down],
                    sources=[human, human, ["rm", None, "consensus", "format", "format"]],
                )
            )  # fmt: skip
    ledger_append(folder / LEDGER, lines)
    ingest.take()
    return made


def compared(project: Project) -> tuple[TrainingRun, TrainingRun]:
    """Two runs to put side by side."""
    return two_runs(*trainable(project), "vera", "wim")


def _metrics(step: int) -> dict[str, float]:
    wave = math.sin(step * 1.7) * 0.03
    return {
        "stage": 1 if step < 30 else 2,
        "reward": 0.82 - 0.34 * math.exp(-step / 18) + wave,
        "kl": 0.0021 * step + abs(wave) / 20,
        "entropy": 0.32 + 0.4 * math.exp(-step / 25) + wave / 3,
        "length": 118 + 9 * math.sin(step / 6) + 60 * wave,
        "loss": 0.05 * math.cos(step / 4) + wave / 2,
        "parse_rate": min(1.0, 0.93 + step / 500),
        "seconds": 6.0,
    }
