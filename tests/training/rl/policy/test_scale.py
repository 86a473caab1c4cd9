"""``[trainer]``: adapters, mixed precision, checkpointing, packing, vLLM, reporters."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from accelerate.commands.config.config_args import load_config_from_file
from accelerate.utils import DistributedType
from peft import get_peft_model
from transformers import TrainerCallback

from tests.training.rl.tiny import answer, make_run
from training.job.config import FitConfig, TrainerConfig, parse_config
from training.job.types import BadInput, Sample
from training.rl.base.callbacks import RunCallback
from training.rl.base.processes import is_main
from training.rl.policy import scale
from training.rl.policy.fit import FitExample, fit
from training.rl.policy.forward import TransformersForward, forward_of
from training.rl.policy.model import Policy, load_policy
from training.rl.policy.scale import (
    adapter,
    reporters,
    sampler_arguments,
    sampler_line,
    sampler_of,
    settle,
    trainer_arguments,
)
from training.rl.policy.tokens import encode
from training.rl.train import main

pytestmark = pytest.mark.rl
LAUNCHERS = Path(scale.__file__).parent.parent / "accelerate"


@pytest.mark.parametrize("method", ["srpo", "sft"])
def test_an_adapter_is_trained_and_merged_into_a_plain_model(
    tmp_path: Path, policy_dir: Path, samples: list[Sample], method: str
) -> None:
    folder = tmp_path / "run"
    trainer = {"lora_rank": 2, "bf16": True, "activation_checkpointing": True}
    make_run(folder, policy_dir, samples, method=method, trainer=trainer)
    assert main([str(folder)]) == 0
    before, after = load_policy(policy_dir), load_policy(folder / "model")
    old, new = (dict(p.model.named_parameters()) for p in (before, after))
    assert old.keys() == new.keys()
    moved = {name for name in old if not torch.equal(old[name], new[name])}
    assert moved
    assert all("_proj" in name for name in moved)  # no embedding, no norm
    saved = sorted(folder.glob("checkpoints/*/adapter_config.json"))
    assert saved
    assert json.loads(saved[-1].read_text())["r"] == 2


def test_a_model_with_an_adapter_is_sampled_through_the_adapter(policy: Policy) -> None:
    get_peft_model(policy.model, adapter(TrainerConfig(lora_rank=2)))
    assert isinstance(forward_of(policy), TransformersForward)


def test_an_adapter_may_name_its_modules() -> None:
    configured = adapter(TrainerConfig(lora_rank=4, lora_targets="q_proj, v_proj"))
    assert configured is not None
    assert (configured.r, configured.target_modules) == (4, {"q_proj", "v_proj"})
    assert adapter(TrainerConfig()) is None


def test_mixed_precision_and_checkpointing_reach_the_trainer() -> None:
    configured = trainer_arguments(TrainerConfig(bf16=True, activation_checkpointing=True))
    assert configured == {
        "bf16": True,
        "use_cpu": not torch.cuda.is_available(),
        "activation_checkpointing": True,
        "report_to": [],
    }


def test_reporters_are_passed_on_if_they_are_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale, "installed", lambda package: True)
    assert reporters("tensorboard, wandb") == ["tensorboard", "wandb"]
    assert reporters("mlflow,trackio") == ["mlflow", "trackio"]
    assert reporters("") == []


def test_a_reporter_that_is_not_installed_is_named_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scale, "installed", lambda package: False)
    with pytest.raises(BadInput, match=r"needs the package wandb.*pip install wandb"):
        reporters("wandb")
    with pytest.raises(BadInput, match="'excel' is not one of tensorboard, wandb"):
        reporters("excel")


@pytest.fixture
def cudnn_attention() -> Iterator[None]:
    before = torch.backends.cuda.cudnn_sdp_enabled()
    torch.backends.cuda.enable_cudnn_sdp(True)
    yield
    torch.backends.cuda.enable_cudnn_sdp(before)


@pytest.mark.usefixtures("cudnn_attention")
def test_training_keeps_off_the_attention_that_makes_nan_of_padding(
    tmp_path: Path, policy: Policy
) -> None:
    config = FitConfig(epochs=1.0, batch_size=1, max_tokens=64)
    fit(policy, [FitExample([5, 6, 7], [0, 1, 1])], config, tmp_path, 0, [])
    assert not torch.backends.cuda.cudnn_sdp_enabled()


def test_a_gradient_that_is_no_number_ends_the_run_before_anything_is_saved(
    tmp_path: Path, policy: Policy
) -> None:
    policy.model.get_input_embeddings().weight.register_hook(lambda grad: grad * torch.nan)
    config = FitConfig(epochs=1.0, batch_size=1, max_tokens=64, save_every=1)
    examples = [FitExample([5, 6, 7], [0, 1, 1])] * 2
    with pytest.raises(BadInput, match="update 1: the gradient is not a finite number"):
        fit(policy, examples, config, tmp_path, 0, [RunCallback(tmp_path)])
    assert not list(tmp_path.glob("checkpoints/checkpoint-*"))


def has_gpu(monkeypatch: pytest.MonkeyPatch, vllm: bool) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(scale, "installed", lambda package: vllm)


def test_one_process_samples_by_itself_on_a_gpu_too_and_says_what_would_be_faster(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    has_gpu(monkeypatch, vllm=False)
    assert sampler_of(TrainerConfig()) == "ours"
    assert "pip install --group rl-vllm" in sampler_line("ours")


def test_on_a_gpu_vllm_is_taken_where_it_is_installed_and_the_run_lets_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    has_gpu(monkeypatch, vllm=True)
    assert sampler_of(TrainerConfig()) == "vllm_colocate"
    assert sampler_arguments(TrainerConfig())["vllm_mode"] == "colocate"
    assert sampler_line("vllm_colocate") == ""
    assert sampler_of(TrainerConfig(), planned=True) == "ours"
    assert "not for this run" in sampler_line("ours")


def test_without_a_gpu_vllm_is_not_taken_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale, "installed", lambda package: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert sampler_of(TrainerConfig()) == "ours"
    assert sampler_line("ours") == ""


@pytest.mark.parametrize("name", ["ours", "generate", "vllm_server", "vllm_colocate"])
def test_a_sampler_that_is_named_is_taken(name: str) -> None:
    assert sampler_of(TrainerConfig(sampler=name)) == name


@pytest.mark.parametrize(
    ("several", "launcher", "reason"),
    [
        (2, {}, "one process"),
        (1, {"ACCELERATE_USE_FSDP": "true"}, "whole weights"),
        (1, {"ACCELERATE_USE_DEEPSPEED": "true"}, "whole weights"),
    ],
)
def test_parts_of_groups_or_of_weights_are_sampled_by_trl(
    monkeypatch: pytest.MonkeyPatch, several: int, launcher: dict[str, str], reason: str
) -> None:
    monkeypatch.setattr(scale, "world_size", lambda: several)
    for name, value in launcher.items():
        monkeypatch.setenv(name, value)
    assert sampler_of(TrainerConfig()) == "generate"
    with pytest.raises(BadInput, match=reason):
        sampler_of(TrainerConfig(sampler="ours"))


def test_vllm_as_a_server_and_beside_the_trainer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale, "installed", lambda package: True)
    server = TrainerConfig(sampler="vllm_server", vllm_url="http://127.0.0.1:8000")
    assert sampler_arguments(server) == {
        "use_vllm": True,
        "vllm_mode": "server",
        "vllm_server_base_url": "http://127.0.0.1:8000",
    }
    beside = TrainerConfig(sampler="vllm_colocate", vllm_memory=0.5, vllm_tensor_parallel=2)
    assert sampler_arguments(beside) == {
        "use_vllm": True,
        "vllm_mode": "colocate",
        "vllm_gpu_memory_utilization": 0.5,
        "vllm_tensor_parallel_size": 2,
    }
    assert sampler_arguments(TrainerConfig()) == {}


def test_vllm_that_is_not_installed_is_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale, "installed", lambda package: False)
    with pytest.raises(BadInput, match="'vllm_server' needs the package vllm"):
        sampler_arguments(TrainerConfig(sampler="vllm_server"))


def test_an_adapter_and_keeping_the_best_policy_exclude_each_other() -> None:
    with pytest.raises(BadInput, match="not with a LoRA adapter"):
        parse_config(
            'policy = "m"\n[eval]\ncurve_every = 5\nkeep_best = true\n[trainer]\nlora_rank = 8'
        )


def test_sharded_weights_are_gathered_and_loaded_again(policy: Policy, tmp_path: Path) -> None:
    whole = {name: p + 1 for name, p in policy.model.state_dict().items()}

    def save(folder: str) -> None:
        policy.model.save_pretrained(folder, state_dict=whole)

    waited: list[bool] = []
    accelerator = SimpleNamespace(wait_for_everyone=lambda: waited.append(is_main()))
    trainer: Any = SimpleNamespace(
        is_fsdp_enabled=True, is_deepspeed_enabled=False, save_model=save,
        accelerator=accelerator,
    )  # fmt: skip
    run: Any = SimpleNamespace(folder=tmp_path, policy=policy)
    before = policy.model.model.norm.weight.detach().clone()
    settle(run, trainer)
    assert waited == [True]
    assert torch.equal(run.policy.model.model.norm.weight, before + 1)
    assert run.policy.layout == policy.layout


class Losses(TrainerCallback):
    def __init__(self) -> None:
        self.losses: list[float] = []

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        if "loss" in logs:
            self.losses.append(logs["loss"])


def test_packed_examples_do_not_see_each_other(
    policy_dir: Path, samples: list[Sample], tmp_path: Path
) -> None:
    losses = []
    for packing in (False, True):
        policy, heard = load_policy(policy_dir), Losses()
        examples = [
            FitExample(ids, [1] * len(ids))
            for sample in samples[:6]
            if (ids := encode(policy.tokenizer, answer(sample)))
        ]
        config = FitConfig(epochs=1, batch_size=6, max_tokens=200)
        folder = tmp_path / str(packing)
        fit(policy, examples, config, folder, 0, [heard], TrainerConfig(packing=packing))
        losses.append(heard.losses)
    assert len(losses[0]) == 1
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ddp", DistributedType.MULTI_GPU),
        ("fsdp", DistributedType.FSDP),
        ("deepspeed_zero3", DistributedType.DEEPSPEED),
        ("cpu", DistributedType.MULTI_CPU),
    ],
)
def test_the_shipped_launcher_settings_are_ones_that_accelerate_reads(
    name: str, kind: DistributedType
) -> None:
    configured = load_config_from_file(str(LAUNCHERS / f"{name}.yaml"))
    assert configured.distributed_type == kind
    assert configured.mixed_precision == ("no" if name == "cpu" else "bf16")
