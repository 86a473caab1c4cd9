"""Train: checkpoints, runs, what they learned from, and who judges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from stepwise_client.jobs import Jobs
from stepwise_client.polling import polled
from stepwise_client.records import Job
from stepwise_client.training_rows import (
    CheckpointRow,
    Judge,
    JudgesWhole,
    Lineage,
    MetricRow,
    Preflight,
    ReplayRow,
    RewardGroupRow,
    RolloutSent,
    Thresholds,
    TwoRuns,
)


class Training(Jobs):
    def checkpoints(self) -> Iterator[CheckpointRow]:
        return self._pages("checkpoints/")

    def register_checkpoint(self, name: str, path: str, **about: str) -> CheckpointRow:
        """Name a folder on the server or an endpoint; again changes what is named. ``about``:
        kind (policy, rm), model_name, style, layout, prompt_version."""
        body = {"name": name, "path": path, **about}
        row: CheckpointRow = self._post("checkpoints/", json=body, again=True)
        return row

    def thresholds(self, project: str) -> Thresholds:
        """What a launch must meet; None is not checked."""
        row: Thresholds = self._get("thresholds/", project=project)
        return row

    def set_thresholds(self, project: str, **limits: float | bool | None) -> Thresholds:
        """``limits``: the keys of :class:`Thresholds`; the others stay as they are."""
        row: Thresholds = self._patch("thresholds/", limits, project=project)
        return row

    def preflight(
        self,
        project: str,
        method: str,
        policy: str,
        *,
        rm: str | None = None,
        config: Mapping[str, Any] | None = None,
        dry_run: bool = False,
    ) -> Preflight:
        """What :meth:`launch_run` would work with. ``dry_run`` has 64 training pairs sampled;
        ask again for its report."""
        body = _choice(project, method, policy, rm, config) | {"dry_run": dry_run}
        row: Preflight = self._post("preflight/", json=body)
        return row

    def launch_run(
        self,
        project: str,
        method: str,
        policy: str,
        *,
        rm: str | None = None,
        config: Mapping[str, Any] | None = None,
        hold: bool = False,
    ) -> Job:
        """``hold``: where a threshold is not met, wait for a lead's waiver.

        Raises:
            PreflightError: a threshold is not met.
        """
        body = _choice(project, method, policy, rm, config) | {"hold": hold}
        return Job.of(self._post("runs/", json=body))

    def runs(self, project: str | None = None) -> Iterator[Job]:
        return map(Job.of, self._pages("runs/", project=project))

    def cancel_run(self, id: int) -> Job:
        return Job.of(self._post(f"runs/{id}/cancel/"))

    def resume_run(self, id: int) -> Job:
        """Go on from its newest checkpoint."""
        return Job.of(self._post(f"runs/{id}/resume/"))

    def waive_run(self, id: int, reason: str) -> Job:
        """A lead lets a run start although a threshold is not met."""
        return Job.of(self._post(f"runs/{id}/waive/", json={"reason": reason}))

    def metrics(self, run: int) -> Iterator[MetricRow]:
        """Oldest first."""
        return self._pages(f"runs/{run}/metrics/")

    def run_rollouts(self, run: int, **filters: str | int) -> Iterator[RewardGroupRow]:
        """The groups of a run's updates with the reward and advantage of each step.
        ``filters``: update, pair, query, step, reward, advantage."""
        return self._pages(f"runs/{run}/rollouts/", **filters)

    def send_run_rollout(self, run: int, group: int, place: int) -> RolloutSent:
        """Ask people about one rollout of a run; ``place`` counts from 0."""
        body = {"group": group, "place": place}
        row: RolloutSent = self._post(f"runs/{run}/rollouts/", json=body)
        return row

    def replay_run(self, run: int, release: int) -> ReplayRow:
        """What the run's rewards and advantages would have been under another release, by its
        number."""
        row: ReplayRow = self._get(f"runs/{run}/replay/", release=release)
        return row

    def compare_runs(self, a: int, b: int, *, rewards: bool = False) -> TwoRuns:
        """Settings, truths and scores of two runs side by side; ``rewards``: also what the
        rewards of each would be on the other's truths."""
        row: TwoRuns = self._get("compare/", a=a, b=b, rewards=rewards)
        return row

    def lineage(self, **start: int) -> Lineage:
        """Where something comes from and where it went. ``start``: ``label=ID``, ``step=ID``,
        or ``run=ID, update=N, pair=ID``."""
        row: Lineage = self._get("lineage/", **start)
        return row

    def judges(self, project: str) -> JudgesWhole:
        """The reward models of a project, and who was in charge when."""
        row: JudgesWhole = self._get("judges/", project=project)
        return row

    def appoint_judge(self, id: int, reason: str, *, override: bool = False) -> JudgesWhole:
        """Raises:
        GateError: the gate refuses it, and ``override`` is not set.
        """
        body = {"reason": reason, "override": override}
        row: JudgesWhole = self._post(f"judges/{id}/appoint/", json=body)
        return row

    def gate_judge(self, id: int) -> JudgesWhole:
        """Measure a candidate again; it is appointed if it passes."""
        row: JudgesWhole = self._post(f"judges/{id}/gate/")
        return row

    def wait_gate(
        self, project: str, run: int, *, seconds: float = 600, every: float = 1.0
    ) -> Judge:
        """The reward model that a finished run made, when the gate has measured it.

        Raises:
            TimeoutError: it goes on longer than that.
        """

        def made() -> Judge | None:
            rows = self.judges(project)["judges"]
            return next((row for row in rows if row["run"] == run), None)

        judge = polled(
            made,
            until=lambda row: row is not None and row["gate_state"] in ("done", "failed"),
            waiting=lambda row: (
                f"run {run}: "
                + (
                    "it has no reward model"
                    if row is None
                    else f"its gate is {row['gate_state']}"
                )
            ),
            seconds=seconds,
            every=every,
        )
        return cast(Judge, judge)

    def roll_back_judge(self, project: str, reason: str) -> JudgesWhole:
        """Put the reward model before the present one back in charge."""
        body = {"project": project, "reason": reason}
        row: JudgesWhole = self._post("judges/roll-back/", json=body)
        return row


def _choice(
    project: str, method: str, policy: str, rm: str | None, config: Mapping[str, Any] | None
) -> dict[str, Any]:
    body = {"project": project, "method": method, "policy": policy, "rm": rm}
    return body | {"config": dict(config or {})}
