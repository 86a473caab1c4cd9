"""An update's rollouts, made before TRL asks for them, so that their groups can be looked at
first: guided replay lifts groups that fail, dynamic sampling replaces groups that teach
nothing. In one process only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from training.job.config import RlConfig
from training.job.types import Sample, ScoredRollout
from training.reward.rewards import HybridRewards
from training.rl.policy.generate import Decoding, generate_ids, stream_seed
from training.rl.policy.model import Policy
from training.rl.select.dynamic import teaches
from training.rl.select.guided import guide
from training.rl.select.replay import Outcomes, chosen, zero_variance


class Refills(Protocol):
    """Where other prompts come from; it hears how the replaced ones went."""

    def refill(self, dropped: Sequence[Sample]) -> list[Sample | None]: ...

    def observe(self, rollouts: Sequence[ScoredRollout]) -> None: ...


@dataclass(slots=True)
class Group:
    """The rollouts of one prompt; ``ids`` include the EOS."""

    sample: Sample
    ids: list[list[int]]
    scored: list[ScoredRollout]

    @property
    def outcomes(self) -> Outcomes:
        return [rollout.outcome for rollout in self.scored]


class PlannedRollouts:
    """``judge`` needs no reward model: groups are looked at by their outcomes. ``masked`` are
    the rows of the last plan that must teach nothing, ``metrics`` what happened in it."""

    def __init__(
        self,
        policy: Policy,
        decoding: Decoding,
        config: RlConfig,
        judge: HybridRewards,
        schedule: Refills,
    ) -> None:
        self._policy, self._decoding, self._config = policy, decoding, config
        self._judge, self._schedule = judge, schedule
        self._groups: list[Group] = []
        self._sampled = 0
        self.masked: list[int] = []
        self.metrics: dict[str, float] = {}

    def plan(self, update: int, samples: Sequence[Sample]) -> list[Sample]:
        """Sample a group for each of ``samples``; returns the pairs of the groups that are
        kept, as many and in the same places."""
        self._sampled = 0
        groups = self._sample(samples, f"{update}")
        before = zero_variance([group.outcomes for group in groups])
        failing = sum(bool(self._failed(group)) for group in groups)
        replayed = self._replay(groups, f"{update}")
        refills = self._refill(groups, f"{update}") if self._config.dynamic else 0
        size = self._decoding.n
        dull = [place for place, group in enumerate(groups) if not self._teaches(group)]
        self.masked = [place * size + row for place in dull for row in range(size)]
        self._groups = groups
        total = len(groups) * size
        self.metrics = {
            "zero_variance_before": before,
            "zero_variance_after": zero_variance([group.outcomes for group in groups]),
            "failing": failing / len(groups),
            "replayed": replayed / total,
            "refills": refills,
            "unfilled": len(dull) / len(groups),
            "sampled": self._sampled,
        }
        return [group.sample for group in groups]

    def rollouts(self, prompts: list[str], trainer: Any) -> dict[str, Any]:
        """TRL's ``rollout_func``: the completions of the last plan, group by group."""
        return {
            "prompt_ids": [self._prompt(g.sample) for g in self._groups for _ in g.ids],
            "completion_ids": [list(ids) for group in self._groups for ids in group.ids],
            "logprobs": None,
        }

    def _failed(self, group: Group) -> list[int]:
        """The rollouts of a failing group that replay would put right."""
        return chosen(group.outcomes, self._config.replay_below, self._config.replay_share)

    def _teaches(self, group: Group) -> bool:
        return not self._config.dynamic or teaches(group.outcomes, self._config.max_right)

    def _prompt(self, sample: Sample) -> list[int]:
        return self._policy.prompt_ids(self._policy.prompt(sample.text))

    def _sample(self, samples: Sequence[Sample], name: str) -> list[Group]:
        """The same random streams as ``local_rollouts``, so that a plan that changes nothing
        trains on the same completions."""
        size = self._decoding.n
        seeds = [
            [stream_seed(self._decoding.seed, name, place * size + row) for row in range(size)]
            for place in range(len(samples))
        ]
        prompts = [self._prompt(sample) for sample in samples]
        rows = self._generate(prompts, seeds, self._decoding)
        groups = [
            Group(sample, rows[place * size : (place + 1) * size], [])
            for place, sample in enumerate(samples)
        ]
        self._score(groups)
        return groups

    def _score(self, groups: Sequence[Group]) -> None:
        for group in groups:
            texts = [self._text(ids) for ids in group.ids]
            cut = [self._policy.cut(ids) for ids in group.ids]
            group.scored = self._judge.score([group.sample] * len(texts), texts, cut)

    def _text(self, ids: list[int]) -> str:
        text: str = self._policy.tokenizer.decode(ids, skip_special_tokens=True)
        return text

    def _generate(
        self, prompts: list[list[int]], seeds: list[list[int]], decoding: Decoding
    ) -> list[list[int]]:
        step = max(1, decoding.batch_size // decoding.n)
        rows: list[list[int]] = []
        for start in range(0, len(prompts), step):
            part = slice(start, start + step)
            rows += generate_ids(self._policy, prompts[part], seeds[part], decoding)
        self._sampled += len(rows)
        return rows

    def _replay(self, groups: Sequence[Group], name: str) -> int:
        """Put guided rollouts in the place of wrong ones; returns how many."""
        if not self._config.replay:
            return 0
        wrong = [(group, place) for group in groups for place in self._failed(group)]
        texts = [(group.sample, group.scored[place].text) for group, place in wrong]
        guided = guide(self._policy, self._judge, self._decoding, texts, name)
        self._sampled += len(texts)
        for (group, place), better in zip(wrong, guided, strict=True):
            if better is not None:
                group.ids[place], group.scored[place] = better.ids, better.scored
        return sum(better is not None for better in guided)

    def _refill(self, groups: list[Group], name: str) -> int:
        """Replace the groups that teach nothing, ``refill_tries`` times at most; returns how
        many prompts were drawn for it."""
        drawn = 0
        for attempt in range(1, self._config.refill_tries + 1):
            dull = [place for place, group in enumerate(groups) if not self._teaches(group)]
            if not dull:
                break
            self._schedule.observe([r for place in dull for r in groups[place].scored])
            fresh = self._schedule.refill([groups[place].sample for place in dull])
            places = [p for p, sample in zip(dull, fresh, strict=True) if sample is not None]
            sampled = self._sample([s for s in fresh if s is not None], f"{name}/{attempt}")
            self._replay(sampled, f"{name}/{attempt}")
            for place, group in zip(places, sampled, strict=True):
                groups[place] = group
            drawn += len(places)
        return drawn
