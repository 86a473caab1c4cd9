"""Tiny models of other architectures and tokenizers than the shared policy's."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import torch
from tokenizers import processors
from transformers import (
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedTokenizerFast,
)

from tests.training.rl.tiny import answer, make_samples, make_tokenizer
from training.job.files import write_json
from training.job.prompts import policy_prompt

CHAT_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] | trim }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def with_bos(tokenizer: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    """The same tokenizer, putting ``<bos>`` before each text as Llama's does."""
    tokenizer.add_special_tokens({"bos_token": "<bos>"})
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A", special_tokens=[("<bos>", tokenizer.bos_token_id)]
    )
    return tokenizer


def with_chat(tokenizer: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    """The same tokenizer with a template of ChatML's kind."""
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def shop_tokenizer() -> PreTrainedTokenizerFast:
    """Bytes and the words of the tiny world."""
    samples = make_samples()
    return make_tokenizer([policy_prompt(s.text, version="1") + answer(s) for s in samples])


def bos_policy(folder: Path, policy_dir: Path) -> Path:
    """The shared policy as a Mistral, which has no forward pass of ours, behind a BOS."""
    llama = LlamaForCausalLM.from_pretrained(policy_dir)
    tokenizer = with_bos(PreTrainedTokenizerFast.from_pretrained(policy_dir))
    settings = {**llama.config.to_dict(), "model_type": "mistral", "sliding_window": None}
    model = MistralForCausalLM(MistralConfig(**settings))
    model.load_state_dict(llama.state_dict())
    model.resize_token_embeddings(len(tokenizer))
    _practise(model, tokenizer)
    save(folder, model, tokenizer, style="bare")
    return folder


def _practise(model: Any, tokenizer: PreTrainedTokenizerFast) -> None:
    """A few updates on right and wrong answers, until it knows them behind the new token."""
    draw = random.Random(0)
    samples = make_samples()
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
    for _ in range(25):
        chosen = draw.sample(samples, 16)
        texts = [
            policy_prompt(s.text, version="1") + answer(s, draw.random() < 0.4) for s in chosen
        ]
        rows = [[*tokenizer(text)["input_ids"], tokenizer.eos_token_id] for text in texts]
        width = max(map(len, rows))
        ids = torch.tensor([row + [0] * (width - len(row)) for row in rows])
        labels = torch.where(ids == 0, -100, ids)
        model(input_ids=ids, attention_mask=(ids > 0).long(), labels=labels).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()


def save(
    folder: Path, model: Any, tokenizer: PreTrainedTokenizerFast, style: str = "bare"
) -> None:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    write_json(folder / "stepwise.json", {"layout": "answer_last", "style": style})
