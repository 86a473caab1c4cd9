"""Which prompts an update sees: stage 1 the easier ones balanced by query type, stage 2 the
harder ones balanced by tier (SHE section 4.3; design.md section 5). Pure and deterministic.

A prompt whose last group was all right is rested, so that later updates are refilled with
prompts that still have something to say; it returns when its cell has nothing else left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from training.rl.config import CurriculumConfig
from training.rl.rewards import RIGHT
from training.rl.sampling import Prompt, shuffle_key
from training.rl.types import BadInput, Sample, ScoredRollout


class Curriculum:
    """Stages over a fixed pool; ``state_dict`` is JSON and is all that a resume needs."""

    def __init__(
        self,
        pool: Sequence[Prompt],
        config: CurriculumConfig,
        *,
        updates: int,
        prompts: int,
        seed: int,
    ) -> None:
        if not pool:
            raise BadInput("no prompt has both right and wrong rollouts: nothing to learn from")
        self._config, self._prompts, self._seed = config, prompts, seed
        self._first_updates = round(updates * config.first_share)
        self._pool: list[Prompt] = []
        self._seen: dict[str, int] = {}
        self._rested: set[str] = set()
        self._current: tuple[int, list[Sample]] | None = None
        self.admit(pool)

    def admit(self, prompts: Sequence[Prompt]) -> None:
        """Add prompts; the border between easier and harder moves with the pool."""
        known = {prompt.sample.pair_id for prompt in self._pool}
        self._pool += [p for p in prompts if p.sample.pair_id not in known]
        ranked = sorted(p.difficulty for p in self._pool)
        place = int(self._config.split_quantile * len(ranked))
        self._border = ranked[min(place, len(ranked) - 1)]

    def stage(self, update: int) -> int:
        """1 or 2."""
        return 1 if self._config.stages == 1 or update < self._first_updates else 2

    def batch(self, update: int) -> Sequence[Sample]:
        """The prompts of update 0, 1, ...; asked again for the same update it answers alike."""
        if self._current is None or self._current[0] != update:
            self._current = update, self._next(update)
        return self._current[1]

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
        return {"seen": dict(self._seen), "rested": sorted(self._rested)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._seen = {str(k): int(v) for k, v in state["seen"].items()}
        self._rested = {str(pair_id) for pair_id in state["rested"]}
        self._current = None

    def _next(self, update: int) -> list[Sample]:
        stage = self.stage(update)
        cells: dict[str, list[Prompt]] = defaultdict(list)
        for prompt in self._stage_pool(stage):
            cells[prompt.cell[stage - 1]].append(prompt)
        for members in cells.values():
            members.sort(key=self._urgency)
        names = sorted(cells)
        chosen: list[Sample] = []
        turn = update * self._prompts  # so that every cell comes first equally often
        while len(chosen) < self._prompts:
            members = cells[names[turn % len(names)]]
            turn += 1
            members.sort(key=self._urgency)
            chosen.append(members[0].sample)
            pair_id = members[0].sample.pair_id
            self._seen[pair_id] = self._seen.get(pair_id, 0) + 1
        return chosen

    def _urgency(self, prompt: Prompt) -> tuple[bool, int, bytes]:
        pair_id = prompt.sample.pair_id
        count = self._seen.get(pair_id, 0)
        return pair_id in self._rested, count, shuffle_key(self._seed + count, pair_id)

    def _stage_pool(self, stage: int) -> list[Prompt]:
        if self._config.stages == 1:
            return self._pool
        if stage == 1:
            return [p for p in self._pool if p.difficulty <= self._border]
        harder = [p for p in self._pool if p.difficulty >= self._border]
        return harder or self._pool
