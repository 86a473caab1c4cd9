"""Every path reads a pair as the same token ids."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import processors
from torch.nn.modules.module import register_module_forward_pre_hook
from transformers import PreTrainedTokenizerFast

from tests.training.rl.shapes import bos_policy, shop_tokenizer, with_bos, with_chat
from tests.training.rl.tiny import make_run
from training.job.prompts import PairText, policy_prompt
from training.job.types import BadInput, Sample
from training.rl.measure.serve_score import TierScorer
from training.rl.policy.model import load_policy
from training.rl.policy.tokens import encode, prompt_ids
from training.rl.reward_model.model import RmExample, VerdictTokens, fit_example, judged_ids
from training.rl.train import train

pytestmark = pytest.mark.rl


@pytest.fixture(scope="module")
def bos_dir(tmp_path_factory: pytest.TempPathFactory, policy_dir: Path) -> Path:
    return bos_policy(tmp_path_factory.mktemp("bos"), policy_dir)


@pytest.fixture
def read() -> Iterator[list[list[int]]]:
    """The rows of ids that any model in this process embeds, padding taken off; single tokens
    of decoding are left out."""
    rows: list[list[int]] = []

    def note(module: torch.nn.Module, inputs: tuple[Any, ...]) -> None:
        if isinstance(module, torch.nn.Embedding) and inputs[0].shape[1] > 1:
            rows.extend([token for token in row if token] for row in inputs[0].tolist())

    handle = register_module_forward_pre_hook(note)
    yield rows
    handle.remove()


@pytest.mark.parametrize(
    ("method", "sampler"),
    [("sft", "auto"), ("dpo", "auto"), ("srpo", "ours"), ("srpo", "generate"), ("rm", "auto")],
)
def test_sampling_evaluation_and_training_all_read_one_first_token(
    tmp_path: Path,
    bos_dir: Path,
    samples: list[Sample],
    read: list[list[int]],
    method: str,
    sampler: str,
) -> None:
    rl = {"updates": 1, "prompts": 2, "group": 4, "micro_batch": 8, "max_tokens": 90}
    make_run(
        tmp_path / "run", bos_dir, samples[:24], method=method, rl=rl,
        trainer={"sampler": sampler},
    )  # fmt: skip
    train(tmp_path / "run")
    bos = load_policy(bos_dir).tokenizer.bos_token_id
    assert len(read) >= 24
    assert all(row[0] == bos and bos not in row[1:] for row in read)


def test_serving_reads_the_prompt_as_training_does(
    tmp_path: Path, bos_dir: Path, read: list[list[int]]
) -> None:
    policy = load_policy(bos_dir, layout="answer_first")
    pair = PairText("red shoe", "blue shoe")
    scorer = TierScorer(policy)
    scorer.probabilities([pair])
    ids = policy.prompt_ids(policy.prompt(pair))
    assert read[-1][: len(ids)] == ids
    assert ids[0] == policy.tokenizer.bos_token_id


def test_the_reward_model_is_asked_with_the_ids_it_was_trained_on() -> None:
    tokenizer = with_bos(shop_tokenizer())
    example = RmExample("a\n## review step 1\n", "same\n", True, 1, "q")  # type: ignore[arg-type]
    trained = fit_example(tokenizer, example).ids
    verdict = VerdictTokens.of(tokenizer)
    assert trained[:-1] == judged_ids(tokenizer, example.prompt, "same", verdict)
    assert trained.count(tokenizer.bos_token_id) == 1


def test_a_tokenizer_that_also_closes_its_texts_leaves_the_prompt_open() -> None:
    tokenizer = with_bos(shop_tokenizer())
    ends = [("<bos>", tokenizer.bos_token_id), ("<eos>", 1)]
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A <eos>", special_tokens=ends
    )
    ids = prompt_ids(tokenizer, "query: red shoe\n")
    assert ids == [tokenizer.bos_token_id, *encode(tokenizer, "query: red shoe\n")]


@pytest.mark.parametrize("style", ["bare", "chat"])
@pytest.mark.parametrize("token", ["<eos>", "<pad>", "<|im_end|>"])
def test_a_special_token_in_a_title_is_split_and_nothing_else_changes(
    token: str, style: Any
) -> None:
    tokenizer = with_chat(shop_tokenizer())
    text = policy_prompt(PairText("red shoe", f"blue {token} shoe"), style, version="1")
    ids = prompt_ids(tokenizer, text, style)
    plain = prompt_ids(
        tokenizer, policy_prompt(PairText("red shoe", "blue shoe"), style, version="1"), style
    )
    special = tokenizer.convert_tokens_to_ids(token)
    assert ids.count(special) == plain.count(special)
    assert text.strip() in tokenizer.decode(ids)


@pytest.mark.parametrize("bos", [False, True])
def test_a_chat_prompt_has_the_ids_of_a_chat_server(bos: bool) -> None:
    """A server renders the template and parses it whole, with nothing added."""
    tokenizer = with_chat(with_bos(shop_tokenizer()) if bos else shop_tokenizer())
    text = policy_prompt(PairText("红 鞋", "red shoe, größe 42"), "chat", version="1")
    server = tokenizer.apply_chat_template(
        [{"role": "user", "content": text}], add_generation_prompt=True, return_dict=True
    )["input_ids"]
    assert prompt_ids(tokenizer, text, "chat") == server


def test_style_chat_needs_a_template(policy_dir: Path) -> None:
    with pytest.raises(BadInput, match="no chat template"):
        load_policy(policy_dir, style="chat")


def test_a_run_reads_pairs_in_the_style_its_settings_name(
    tmp_path: Path, policy_dir: Path, samples: list[Sample], read: list[list[int]]
) -> None:
    policy = shutil.copytree(policy_dir, tmp_path / "policy")
    reads = (policy / "config.json").read_text()  # the instruction alone is 300 tokens
    (policy / "config.json").write_text(
        reads.replace('_embeddings": 256', '_embeddings": 1024')
    )
    make_run(tmp_path / "run", policy, samples[:24], method="sft", style="instruct",
             fit={"max_tokens": 1024})  # fmt: skip
    train(tmp_path / "run")
    tokenizer = PreTrainedTokenizerFast.from_pretrained(policy_dir)
    assert tokenizer.decode(read[0]).startswith("You judge whether")
