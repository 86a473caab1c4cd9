"""One turn of the circle, top to bottom."""

from __future__ import annotations

import time
from collections.abc import Callable

from lab.circle.context import Circle
from lab.circle.labelling import (
    agreement_report,
    first_cots_write,
    labelling_report,
    labels_collect,
    rollouts_sample,
    truth_release,
)
from lab.circle.training import (
    beside_report,
    cold_start_report,
    disagreement_counts,
    disagreements_answer,
    disagreements_find,
    disagreements_return,
    followup_pairs,
    judge_appointed,
    own_policy,
    produced,
    run_report,
    run_through,
    steps_judge,
)


def turn(circle: Circle) -> None:
    """Import, label, train, and bring the differences back to the people.

    Fills ``circle.report``; every arrow is the service or task that the pages use.

    Raises:
        StageFailed: an arrow did not do its work.
        WorkerDied: a worker process ended by itself.
    """
    began = time.monotonic()
    report, config = circle.report, circle.config

    def stage(name: str) -> None:
        circle.say(f"[{time.monotonic() - began:6.0f} s] {name}")

    stage("import pairs")
    report["pairs"] = circle.source.pairs_load(circle.project, circle.work_dir)
    if circle.source.foreign:
        _cold_start(circle, stage)
    stage("sample rollouts")
    rollouts_sample(circle, circle.policy, circle.source.chosen(circle.project))
    stage("label, resolve, adjudicate")
    labels_collect(circle)
    if "agreement" not in report:
        agreement_report(circle)
    stage("ground truth and verifier release")
    release = truth_release(circle)
    stage("train the reward model")
    rm_run = run_through(circle, "rm", release, config.rm)
    report["rm"] = rm_run.report.get("rm", rm_run.report)
    stage("the gate: may it judge?")
    judge_appointed(circle, produced(rm_run))
    stage("train the policy (SRPO)")
    run = run_through(circle, "srpo", release, config.srpo)
    run_report(circle, run)
    beside_report(circle, run)
    stage("rollouts of the trained policy")
    rollouts_sample(circle, produced(run), followup_pairs(circle))
    labels_collect(circle)
    report["disagreements_opened"] = 0
    if circle.rm is not None:
        stage("score steps; disagreements back into the queue")
        _differences_return(circle)
    truth_release(circle)
    labelling_report(circle)
    report["disagreements"] = disagreement_counts(circle)
    report["seconds"] = time.monotonic() - began


def _cold_start(circle: Circle, stage: Callable[[str], None]) -> None:
    """A policy for products that the shipped one cannot speak of: the catalogue writer's CoTs,
    people's word on them, and a small policy of this catalogue, which has practised on more of
    such CoTs than people confirm; or SFT on those, of a policy that was given."""
    stage("the catalogue writer's CoTs, and people who verify them")
    first_cots_write(circle)
    labels_collect(circle)
    agreement_report(circle)
    if circle.config.own_examples:
        stage("a small policy of this catalogue")
        circle.policy = own_policy(circle)
        return
    stage("cold start: SFT on what they verified")
    start = run_through(circle, "sft", truth_release(circle), circle.config.sft)
    cold_start_report(circle, start)
    circle.policy = produced(start)


def _differences_return(circle: Circle) -> None:
    report = circle.report
    steps_judge(circle)
    report["disagreements_opened"] = disagreements_find(circle)
    report["requeued"] = disagreements_return(circle, circle.config.followup_pairs)
    labels_collect(circle)
    report["disagreements_settled"] = disagreements_answer()
