"""Recording what a policy wrote, well formed or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from django.db import IntegrityError, transaction

from annotation.cot.errors import Conflict
from annotation.cot.steps import (
    CotParseError,
    Layout,
    ParsedStep,
    normalised,
    parse,
    parse_partial,
    step_hashes,
)
from annotation.cot.storable import storable
from annotation.cot.wording import wording as _
from annotation.models import Pair, Rollout, Step

ELSEWHERE = "own"  # a ``prompt_version``: nobody here knows what its writer was asked


@transaction.atomic
def rollout_record(
    *,
    pair: Pair,
    text: str,
    policy: str,
    prompt_version: str,
    sample_index: int = 0,
    temperature: float = 1.0,
    seed: int = 0,
    max_tokens: int = 256,
    finish: str = "stop",
    layout: str = "answer_last",
    keep_first: bool = False,
) -> Rollout:
    """Store one CoT and its readable steps; the same (pair, policy, seed, index) only once.

    ``keep_first``: the sampler of a job that is run again may write another text; the one that
    people may have judged stays.

    Raises:
        Conflict: the same key is stored with another text or layout.
    """
    text = normalised(storable(text))
    steps, code, message = _read(text, cast(Layout, layout), cut=finish == "length")
    rollout, created = Rollout.objects.get_or_create(
        pair=pair,
        policy=policy,
        seed=seed,
        sample_index=sample_index,
        defaults={
            "text": text,
            "layout": layout,
            "parse_error": code,
            "parse_message": message,
            "prompt_version": prompt_version,
            "temperature": temperature,
            "max_tokens": max_tokens,
            "finish": finish,
        },
    )
    if not created and not keep_first and (rollout.text, rollout.layout) != (text, layout):
        raise Conflict(
            _(
                "rollout %(id)s has this pair, policy, seed and sample_index with another"
                " text; send it with another sample_index",
                id=rollout.pk,
            )
        )
    if created:
        Step.objects.bulk_create(_steps(rollout, pair, steps))
    return rollout


@dataclass(frozen=True, slots=True)
class NewCot:
    """A CoT that its writer has not written about the pair yet."""

    pair: Pair
    text: str
    layout: Layout
    sample_index: int


@transaction.atomic
def cots_record(*, cots: Sequence[NewCot], policy: str, prompt_version: str) -> list[Rollout]:
    """Store many CoTs that nobody sampled here, and their readable steps, in a few statements.

    Raises:
        Conflict: one of them was stored meanwhile.
    """
    read = []
    for cot in cots:
        text = normalised(storable(cot.text))
        steps, code, message = _read(text, cot.layout, cut=False)
        rollout = Rollout(
            pair=cot.pair,
            text=text,
            policy=policy,
            prompt_version=prompt_version,
            sample_index=cot.sample_index,
            temperature=0.0,
            seed=0,
            max_tokens=0,
            finish="stop",
            layout=cot.layout,
            parse_error=code,
            parse_message=message,
        )
        read.append((rollout, steps))
    try:
        with transaction.atomic():
            rollouts = Rollout.objects.bulk_create([each[0] for each in read])
    except IntegrityError as error:
        words = _("somebody else stores rollouts of %(name)s: try again", name=policy)
        raise Conflict(words) from error
    steps_of = ((rollout, rollout.pair, steps) for rollout, steps in read)
    Step.objects.bulk_create([step for each in steps_of for step in _steps(*each)])
    return rollouts


def _read(text: str, layout: Layout, *, cut: bool) -> tuple[list[ParsedStep], str, str]:
    try:
        return parse(text, layout, cut=cut), "", ""
    except CotParseError as error:
        return parse_partial(text), error.code, str(error)


def _steps(rollout: Rollout, pair: Pair, steps: list[ParsedStep]) -> list[Step]:
    hashes = step_hashes(pair.content_hash, rollout.text, steps)
    return [
        Step(
            rollout=rollout,
            kind=int(step.kind),
            text=rollout.text[step.start : step.end],
            start=step.start,
            end=step.end,
            value=step.value or "",
            sha256=hashes[step.kind],
        )
        for step in steps
    ]
