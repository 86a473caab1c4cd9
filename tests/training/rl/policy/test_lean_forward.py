"""The fast pass is the model's own: same logits, same tokens, whatever shares a row."""

from pathlib import Path

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from tests.training.rl.tiny import make_tokenizer
from training.job.prompts import policy_prompt
from training.job.types import Sample
from training.rl.policy.cache import Slots, changes
from training.rl.policy.forward import TransformersForward, forward_of, left_pad
from training.rl.policy.generate import (
    Decoding,
    choose,
    fork,
    generate,
    generate_ids,
    stream_seed,
)
from training.rl.policy.lean import LeanLlama, is_lean
from training.rl.policy.model import Policy, load_policy

pytestmark = pytest.mark.rl
DECODING = Decoding(n=4, temperature=0.99, top_k=20, max_tokens=25)


def llama(**changed: object) -> LlamaForCausalLM:
    torch.manual_seed(0)
    settings = {
        "vocab_size": 60, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16,
        "max_position_embeddings": 128, "initializer_range": 0.4, **changed,
    }  # fmt: skip
    return LlamaForCausalLM(LlamaConfig(**settings)).eval()


def policy_of(policy: Policy, model: object) -> Policy:
    return Policy(model, policy.tokenizer, "answer_last", "bare", "1", Path())


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"num_key_value_heads": 4, "tie_word_embeddings": True, "rms_norm_eps": 1e-3},
        {"rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 500.0}},
    ],
    ids=["grouped keys", "tied", "stretched rope"],
)
@torch.inference_mode()
def test_the_fast_pass_gives_the_logits_of_the_model(
    policy: Policy, changed: dict[str, object]
) -> None:
    model = llama(**changed)
    assert is_lean(model)
    lean, plain = LeanLlama(model), TransformersForward(policy_of(policy, model))
    ids, pad = left_pad(policy, [[5, 6, 7, 8, 9], [10, 11], [12, 13, 14]])
    first = lean.prefill(ids, pad)
    assert torch.allclose(first, plain.prefill(ids, pad), atol=1e-4)
    for tokens, source in (([3, 4, 5], [0, 1, 2, 1, 1]), ([6, 7, 8, 9, 2], [0, 4, 3])):
        ours, theirs = (side.step(torch.tensor(tokens)) for side in (lean, plain))
        assert torch.allclose(ours, theirs, atol=1e-4)
        for side in (lean, plain):
            side.rearrange(torch.tensor(source))
    ours, theirs = (side.step(torch.tensor([1, 2, 3])) for side in (lean, plain))
    assert torch.allclose(ours, theirs, atol=1e-4)
    # row 1 is the second prompt with 4, then 2 (it was row 4 of that step), then 2
    alone = model(torch.tensor([[10, 11, 4, 2, 2]])).logits[0, -1]
    assert torch.allclose(ours[1], alone, atol=1e-4)


def test_only_models_it_computes_exactly_take_the_fast_pass(policy: Policy) -> None:
    assert isinstance(forward_of(policy), LeanLlama)
    stretched = {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 500.0}
    for model in (
        llama(attention_bias=True),
        llama(hidden_act="gelu"),
        llama(rope_parameters=stretched),
        llama().to(torch.bfloat16),
        GPT2LMHeadModel(GPT2Config(n_layer=1, n_embd=8, n_head=1, vocab_size=20)),
    ):
        assert not is_lean(model)
        assert isinstance(forward_of(policy_of(policy, model)), TransformersForward)


def one_by_one(policy: Policy, ids: list[int], seed: int) -> list[int]:
    """The same draws with no batch, no cache and nothing shared: the definition."""
    draws = torch.rand(DECODING.max_tokens, generator=torch.Generator().manual_seed(seed))
    sampled: list[int] = []
    while len(sampled) < DECODING.max_tokens and (
        not sampled or sampled[-1] not in policy.eos_ids
    ):
        with torch.inference_mode():
            logits = policy.model(torch.tensor([ids + sampled])).logits[:, -1]
        sampled.append(int(choose(logits, draws[len(sampled)][None], DECODING)))
    return sampled


def test_sampling_in_a_batch_gives_the_tokens_of_sampling_one_by_one(
    policy: Policy, samples: list[Sample]
) -> None:
    ids = [
        policy.tokenizer(policy_prompt(s.text, version="1"))["input_ids"] for s in samples[:3]
    ]
    seeds = [[stream_seed(1, str(row), i) for i in range(4)] for row in range(3)]
    sampled = generate_ids(policy, ids, seeds, DECODING)
    expected = [
        one_by_one(policy, ids[row], seed) for row, group in enumerate(seeds) for seed in group
    ]
    assert sampled == expected
    assert len({tuple(row) for row in sampled[:4]}) > 1


def test_a_model_without_a_fast_pass_samples_the_same_way(
    policy: Policy, samples: list[Sample], tmp_path: Path
) -> None:
    tokenizer = make_tokenizer([policy_prompt(s.text, version="1") for s in samples])
    torch.manual_seed(0)
    sizes = {"n_layer": 1, "n_embd": 16, "n_head": 2, "n_positions": 128}
    GPT2LMHeadModel(GPT2Config(vocab_size=len(tokenizer), **sizes)).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    other = load_policy(tmp_path)
    prompts = [s.text.query for s in samples[:3]]
    whole = generate(other, prompts, DECODING)
    ids = other.tokenizer(prompts)["input_ids"]
    for row, group in enumerate(whole):
        for completion in group:
            alone = one_by_one(other, ids[row], completion.seed)
            assert completion.text == other.tokenizer.decode(alone, skip_special_tokens=True)


def test_completions_share_a_row_until_their_texts_part() -> None:
    # rows 0 and 1 hold two completions each: 0 goes on as one text, 1 parts
    source, tokens, row = fork(torch.tensor([0, 0, 1, 1]), torch.tensor([7, 7, 5, 9]))
    assert (source.tolist(), tokens.tolist()) == ([0, 1, 1], [7, 5, 9])
    assert row.tolist() == [0, 0, 1, 2]


def test_a_row_that_stays_is_not_copied_when_another_ends() -> None:
    # row 1 has ended: the last row fills its place and row 0 and 2 stay where they are
    source, tokens, row = fork(torch.tensor([0, 2, 3]), torch.tensor([4, 5, 6]))
    assert (source.tolist(), tokens.tolist()) == ([0, 3, 2], [4, 6, 5])
    assert row.tolist() == [0, 2, 1]


def test_a_row_is_copied_only_where_it_changes() -> None:
    moved, origin = changes(torch.tensor([0, 3, 2]))
    assert (moved.tolist(), origin.tolist()) == ([1], [3])
    slots = Slots()
    keys = torch.arange(4.0)[:, None, None, None]
    slots.append(keys, -keys)
    slots.rearrange(3, moved, origin)
    assert slots.keys.flatten().tolist() == [0, 3, 2]
    slots.append(keys[:3] + 10, keys[:3])
    slots.rearrange(4, torch.tensor([3]), torch.tensor([1]))  # needs more room: it grows
    assert slots.keys[:, 0, :, 0].tolist() == [[0, 10], [3, 11], [2, 12], [3, 11]]
    assert slots.values[3].flatten().tolist() == [-3, 1]
