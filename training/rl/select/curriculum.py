"""Which prompts an update sees: stages from the easier ones balanced by query type to the
harder ones balanced by tier (SHE section 4.3; design.md section 5). Pure and deterministic.

A prompt whose last group was all right is rested, so that later updates are refilled with
prompts that still have something to say; it returns when its cell has nothing else left.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from training.job.config import CurriculumConfig
from training.job.shuffle import shuffle_key
from training.job.types import BadInput, Sample, ScoredRollout
from training.reward.rewards import RIGHT
from training.rl.select.sampling import Prompt
from training.rl.select.stages import Stage, hold_out, stage_plan

# the share of right answers on some prompts, in [0, 1]
Probe = Callable[[Sequence[Sample]], float]


class Curriculum:
    """Stages over a fixed pool; ``state_dict`` is JSON and is all that a resume needs.

    With ``config.gate`` a stage ends when its updates are over AND ``probe`` says that the
    policy gets that share of the stage's held-out prompts right; until then it goes on.
    """

    def __init__(
        self,
        pool: Sequence[Prompt],
        config: CurriculumConfig,
        *,
        updates: int,
        prompts: int,
        seed: int,
        probe: Probe | None = None,
    ) -> None:
        if not pool:
            raise BadInput("no prompt has both right and wrong rollouts: nothing to learn from")
        self._config, self._updates = config, updates
        self._prompts, self._seed, self._probe = prompts, seed, probe
        self._gated = config.gate > 0 and probe is not None
        self._pool: list[Prompt] = []
        self._validation: list[Prompt] = []
        if self._gated:
            pool, self._validation = hold_out(pool, config.gate_pairs, seed)
        self._seen: dict[str, int] = {}
        self._rested: set[str] = set()
        self._used: set[str] = set()  # in the current update
        self._current: tuple[int, list[Sample]] | None = None
        self.gates: list[tuple[int, int, float]] = []  # (update, stage, rate) of every try
        self._starts = [0]  # the first update of each stage that has begun
        self.admit(pool)
        if not self._gated:
            for stage in self._stages[:-1]:
                self._starts.append(self._starts[-1] + stage.updates)

    def admit(self, prompts: Sequence[Prompt]) -> None:
        """Add prompts; the border between easier and harder moves with the pool."""
        known = {prompt.sample.pair_id for prompt in self._pool}
        self._pool += [p for p in prompts if p.sample.pair_id not in known]
        self._stages: list[Stage] = stage_plan(
            self._pool, self._validation, self._config, self._updates, self._seed
        )

    def stage(self, update: int) -> int:
        """The stage of an update, from 1."""
        return bisect_right(self._starts, update)

    def batch(self, update: int) -> Sequence[Sample]:
        """The prompts of update 0, 1, ...; asked again for the same update it answers alike."""
        if self._current is None or self._current[0] != update:
            self._move_on(update)
            self._current = update, self._next(update)
            self._used = {sample.pair_id for sample in self._current[1]}
        return self._current[1]

    def refill(self, dropped: Sequence[Sample]) -> list[Sample | None]:
        """Another prompt of the same cell for each of ``dropped`` in this update, so that the
        balance stays; None where the cell has no other that is awake and was not used yet."""
        update = self._current[0] if self._current else 0
        stage = self._stages[self.stage(update) - 1]
        cells = {p.sample.pair_id: stage.cell(p) for p in stage.pool}
        samples: list[Sample | None] = []
        for sample in dropped:
            others = [
                prompt
                for prompt in stage.pool
                if stage.cell(prompt) == cells.get(sample.pair_id)
                and prompt.sample.pair_id not in self._used | self._rested
            ]
            if not others:
                samples.append(None)
                continue
            chosen = min(others, key=self._urgency).sample
            self._used.add(chosen.pair_id)
            self._count(chosen)
            samples.append(chosen)
        return samples

    def observe(self, rollouts: Sequence[ScoredRollout]) -> None:
        """Hear how the prompts of an update went."""
        outcomes: dict[str, list[float]] = defaultdict(list)
        for rollout in rollouts:
            if rollout.outcome is not None:
                outcomes[rollout.pair_id].append(rollout.outcome)
        for pair_id, values in outcomes.items():
            if min(values) >= RIGHT:
                self._rested.add(pair_id)
            else:
                self._rested.discard(pair_id)

    def state_dict(self) -> dict[str, Any]:
        return {
            "seen": dict(self._seen),
            "rested": sorted(self._rested),
            "starts": list(self._starts),
            "gates": [list(gate) for gate in self.gates],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._seen = {str(k): int(v) for k, v in state["seen"].items()}
        self._rested = {str(pair_id) for pair_id in state["rested"]}
        self._starts = [int(start) for start in state.get("starts", self._starts)]
        self.gates = [(int(u), int(s), float(r)) for u, s, r in state.get("gates", ())]
        self._current = None

    def _move_on(self, update: int) -> None:
        """Ask at the planned end of a stage, then every ``gate_every`` updates."""
        number = len(self._starts)
        if not self._gated or self._probe is None or number == len(self._stages):
            return
        stage = self._stages[number - 1]
        over = update - (self._starts[-1] + stage.updates)
        if over < 0 or over % self._config.gate_every:
            return
        rate = self._probe([prompt.sample for prompt in stage.validation or self._validation])
        self.gates.append((update, number, rate))
        if rate >= self._config.gate:
            self._starts.append(update)

    def _next(self, update: int) -> list[Sample]:
        stage = self._stages[self.stage(update) - 1]
        cells: dict[str, list[Prompt]] = defaultdict(list)
        for prompt in stage.pool:
            cells[stage.cell(prompt)].append(prompt)
        names = sorted(cells)
        chosen: list[Sample] = []
        turn = update * self._prompts  # so that every cell comes first equally often
        while len(chosen) < self._prompts:
            members = cells[names[turn % len(names)]]
            turn += 1
            members.sort(key=self._urgency)
            chosen.append(members[0].sample)
            self._count(members[0].sample)
        return chosen

    def _count(self, sample: Sample) -> None:
        self._seen[sample.pair_id] = self._seen.get(sample.pair_id, 0) + 1

    def _urgency(self, prompt: Prompt) -> tuple[bool, int, bytes]:
        pair_id = prompt.sample.pair_id
        count = self._seen.get(pair_id, 0)
        rested = pair_id in self._rested and self._config.order != "none"
        return rested, count, shuffle_key(self._seed + count, pair_id)
