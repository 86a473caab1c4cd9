"""A policy on disk: a Hugging Face folder with ``stepwise.json`` beside the weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils.logging import disable_progress_bar

from annotation.cot.steps import Layout
from training.job.files import write_json
from training.job.folder import MODEL_FACTS
from training.job.model_folder import folder_problem, model_facts, prompt_version_of
from training.job.prompts import PairText, PromptVersion, Style, policy_prompt
from training.job.types import BadInput
from training.rl.policy.model_check import model_check
from training.rl.policy.tokens import prompt_ids

# A size mismatch is a RuntimeError.
_UNREADABLE = (OSError, ValueError, KeyError, ImportError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Policy:
    """Weights, tokenizer and how to talk to them. ``path`` is where they were loaded from;
    without a ``plain_cache`` the model is sampled by transformers' own generate."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    layout: Layout
    style: Style
    prompt_version: PromptVersion
    path: Path
    plain_cache: bool = True

    @property
    def eos_ids(self) -> list[int]:
        """Every token that ends a completion."""
        own = (
            self.model.generation_config.eos_token_id if self.model.generation_config else None
        )
        own_ids = own if isinstance(own, list) else [own]
        ids = {self.tokenizer.eos_token_id, *own_ids} - {None}
        return sorted(int(token) for token in ids)

    def cut(self, ids: Sequence[int]) -> bool:
        """Whether a completion of ``ids`` was ended by its budget and not by the policy."""
        return not ids or ids[-1] not in self.eos_ids

    def prompt(self, pair: PairText) -> str:
        """What it is asked about a pair."""
        return policy_prompt(pair, self.style, version=self.prompt_version, layout=self.layout)

    def prompt_ids(self, text: str) -> list[int]:
        """Token ids of what :meth:`prompt` gave, in the policy's style."""
        return prompt_ids(self.tokenizer, text, self.style)

    def save(self, folder: Path, notes: Mapping[str, Any] | None = None) -> None:
        """Write the folder so that :func:`load_policy` reads it back."""
        self.model.save_pretrained(folder)
        self.describe(folder, notes)

    def describe(self, folder: Path, notes: Mapping[str, Any] | None = None) -> None:
        """Write what belongs beside the weights."""
        self.tokenizer.save_pretrained(folder)
        facts = {
            "layout": self.layout,
            "prompt_version": self.prompt_version,
            "style": self.style,
        }
        write_json(folder / MODEL_FACTS, {**facts, **(notes or {})})


def load_policy(
    folder: str | Path,
    layout: Layout | None = None,
    style: Style | None = None,
    version: PromptVersion | None = None,
) -> Policy:
    """Load a policy in float32 on the best device; never asks the network.

    ``layout`` and ``style`` override what ``stepwise.json`` says; a folder without that file
    (any public model) is answer-last and is instructed. ``version`` is that of its prompts, see
    :func:`training.job.model_folder.prompt_version_of`.

    Raises:
        BadInput: no such folder, weights that are cut or of another model, a model that cannot
            be a policy, a tokenizer without EOS, or prompts of another version.
    """
    path = Path(folder)
    if problem := folder_problem(path):
        raise BadInput(problem)
    facts, version = model_facts(path), prompt_version_of(path, version)
    tokenizer, model = _read(path)
    style = style or facts.get("style", "instruct")
    if style == "chat" and not tokenizer.chat_template:
        raise BadInput(f"the tokenizer in '{folder}' has no chat template for style 'chat'")
    own_weights(model)
    for_sampling(model)
    plain_cache = model_check(model, folder)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return Policy(
        model.to(device).eval(),
        tokenizer,
        layout or facts.get("layout", "answer_last"),
        style,
        version,
        path,
        plain_cache,
    )


def _read(folder: Path) -> tuple[Any, Any]:
    """Tokenizer and model."""
    source = {"gguf_file": next(folder.glob("*.gguf")).name} if is_gguf(folder) else {}
    disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, **source)
        model, loading = AutoModelForCausalLM.from_pretrained(
            folder,
            local_files_only=True,
            dtype=torch.float32,
            output_loading_info=True,
            **source,
        )
    except (*_UNREADABLE, SafetensorError) as error:
        raise BadInput(f"cannot load the model in '{folder}': {error}") from error
    if missing := sorted(loading["missing_keys"]):
        raise BadInput(
            f"the weights in '{folder}' lack {len(missing)} tensors of the model, "
            f"such as {missing[0]}: they are cut, or of another model"
        )
    if tokenizer.eos_token_id is None:
        raise BadInput(f"the tokenizer in '{folder}' has no EOS token")
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "left"
    if source:
        _dequantised(model)
    return tokenizer, model


def is_gguf(path: Path) -> bool:
    """Whether the folder's model is a GGUF file, which transformers has to be told."""
    return not (path / "config.json").exists()


def _dequantised(model: Any) -> None:
    """The weights of a GGUF file are plain numbers once they are read. transformers goes on
    calling the model quantised, and would neither train nor save it."""
    for name in ("hf_quantizer", "quantization_method", "is_quantized"):
        vars(model).pop(name, None)
    vars(model.config).pop("quantization_config", None)


def for_sampling(model: Any) -> None:
    """What sampling needs of the configuration, which a trainer changes: TRL has the router of
    a mixture of experts report its logits, which the cache's mask does not fit."""
    model.config.use_cache = True
    text = model.config.get_text_config(decoder=True)
    if hasattr(text, "output_router_logits"):
        text.output_router_logits = False


def own_weights(model: Any) -> None:
    """Copy the weights out of the file they are mapped from: a folder that is replaced under a
    running process would otherwise change its weights, or end it with a bus error."""
    for tensor in (*model.parameters(), *model.buffers()):
        tensor.data = tensor.data.clone()
