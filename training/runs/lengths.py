"""Whether prompts and completions can fit into the policy's context. Tokens are known to the
trainer alone, which refuses what does not fit before it samples; here bytes bound them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from django.db.models import F, TextField
from django.db.models.functions import Cast, Least, Length

from annotation.cot.wording import wording as _
from annotation.models import Pair
from training.job.config import RunConfig
from training.job.methods import METHODS
from training.job.model_folder import folder_context
from training.job.prompts import MAX_DESCRIPTION
from training.models import Checkpoint
from training.rollouts.records import prompt_version_read, prompts_read

_LOOKED_AT = 20  # pairs whose prompts are written out to find the longest
_USUAL, _MOST = 3.5, 10.0  # bytes a token: of English; more than any tokenizer's of such texts


def length_problems(
    policy: Checkpoint, config: RunConfig, train: Sequence[int], held_out: Sequence[int]
) -> Iterator[str]:
    """What cannot fit however the tokenizer cuts it; ``train`` and ``held_out`` are pairs."""
    for setting, wanted, size, context in _lengths(policy, config, train, held_out):
        if size / _MOST + wanted > context:
            yield _(
                "%(setting)s %(wanted)s and the longest prompt (%(size)s bytes) do not fit "
                "into the %(context)s tokens that %(policy)s reads: lower it, or choose a "
                "policy that reads more",
                setting=setting,
                wanted=wanted,
                size=size,
                context=context,
                policy=policy.name,
            )


def length_warnings(
    policy: Checkpoint, config: RunConfig, train: Sequence[int], held_out: Sequence[int]
) -> Iterator[str]:
    """What does not fit if a token has as many bytes as is usual."""
    for setting, wanted, size, context in _lengths(policy, config, train, held_out):
        tokens = round(size / _USUAL)
        if size / _MOST + wanted <= context < tokens + wanted:
            yield _(
                "the longest prompt has about %(tokens)s tokens (%(size)s bytes): with "
                "%(setting)s %(wanted)s that may be more than the %(context)s that %(policy)s "
                "reads, and the run would be refused when it starts",
                tokens=tokens,
                size=size,
                setting=setting,
                wanted=wanted,
                context=context,
                policy=policy.name,
            )


def _lengths(
    policy: Checkpoint, config: RunConfig, train: Sequence[int], held_out: Sequence[int]
) -> Iterator[tuple[str, int, int, int]]:
    """(setting, its tokens, bytes of the longest prompt, context) of what will be sampled."""
    context = folder_context(Path(policy.path))
    if context is None or METHODS[config.method].leaves != "policy":
        return
    explored = train if config.fit.target == "cot" else []
    for setting, pairs, wanted in (
        ("rl.max_tokens", explored, config.rl.max_tokens),
        ("eval.max_tokens", held_out, config.eval.max_tokens),
    ):
        if pairs:
            yield setting, wanted, _longest(policy, pairs), context


def _longest(policy: Checkpoint, pairs: Iterable[int]) -> int:
    """Bytes of the longest prompt among the pairs with the longest texts."""
    texts = (
        Length("query")
        + Length("product__title")
        + Length("product__category_path")
        + Length(Cast(F("product__attributes"), TextField()))
    )
    if prompt_version_read(policy) != "1":
        texts += Least(Length("product__description"), MAX_DESCRIPTION)
    longest = Pair.objects.filter(pk__in=list(pairs)).select_related("product")
    looked_at = longest.order_by(texts.desc())[:_LOOKED_AT]
    return max(len(prompt.encode()) for prompt in prompts_read(policy, looked_at))
