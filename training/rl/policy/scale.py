"""``[trainer]`` of run.toml as TRL's and PEFT's arguments (docs/scale.md)."""

from __future__ import annotations

import importlib.util
from typing import Any

import torch
from accelerate.utils import parse_flag_from_env
from peft import LoraConfig, PeftModel

from training.job.config import TrainerConfig
from training.job.types import BadInput
from training.rl.base.processes import is_main, world_size
from training.rl.policy.model import for_sampling, load_policy
from training.rl.policy.run_folder import Run
from training.serving.outbound import NotAllowed, Outbound

# what report_to may name, and the package each needs
REPORTERS = {
    "tensorboard": "tensorboard",
    "wandb": "wandb",
    "mlflow": "mlflow",
    "trackio": "trackio",
}

# what accelerate's launcher sets for a sharded model
SHARDING = ("ACCELERATE_USE_FSDP", "ACCELERATE_USE_DEEPSPEED")


def trainer_arguments(config: TrainerConfig) -> dict[str, Any]:
    """TrainingArguments of every method; training keeps off cuDNN's attention from here on.

    Raises:
        BadInput: ``report_to`` names something unknown, or a package that is not installed.
    """
    # The default on an H100 since torch 2.11. Where a batch is 64 (mod 128) tokens wide, its
    # backward pass makes NaN of rows that see nothing, which padding on the left is
    # (pytorch#196678); the other kernels do not.
    torch.backends.cuda.enable_cudnn_sdp(False)
    return {
        "bf16": config.bf16,
        # without it transformers takes bfloat16 for a mistake where there is no GPU
        "use_cpu": config.bf16 and not torch.cuda.is_available(),
        "activation_checkpointing": config.activation_checkpointing,
        "report_to": reporters(config.report_to),
    }


def reporters(names: str) -> list[str]:
    """The comma-separated ``names``; raises BadInput as :func:`trainer_arguments`."""
    chosen = [name for part in names.split(",") if (name := part.strip())]
    for name in chosen:
        if name not in REPORTERS:
            known = ", ".join(REPORTERS)
            raise BadInput(f"run.toml: trainer.report_to '{name}' is not one of {known}")
        if not installed(REPORTERS[name]):
            package = REPORTERS[name]
            raise BadInput(
                f"run.toml: trainer.report_to '{name}' needs the package {package}, "
                f"which is not installed: pip install {package}"
            )
    return chosen


def installed(package: str) -> bool:
    """Whether ``package`` can be imported."""
    return importlib.util.find_spec(package) is not None


def sampler_of(config: TrainerConfig, planned: bool = False) -> str:
    """The sampler that makes the rollouts: what ``sampler`` names, and for "auto" vLLM beside
    the trainer where a GPU and the package are there, else ours, else TRL's generate.

    Ours needs whole groups and whole weights, so one process without FSDP or DeepSpeed. Replay
    and dynamic sampling (``planned``) draw by themselves, with ours.

    Raises:
        BadInput: "ours" is named where it cannot work.
    """
    reason = ""
    if world_size() > 1:
        reason = "needs one process: it samples whole groups"
    elif any(parse_flag_from_env(flag) for flag in SHARDING):
        reason = "needs whole weights: FSDP and DeepSpeed spread them"
    if reason and config.sampler == "ours":
        raise BadInput(f"run.toml: trainer.sampler 'ours' {reason}")
    if config.sampler != "auto":
        return config.sampler
    if torch.cuda.is_available() and not planned and installed("vllm"):
        return "vllm_colocate"
    return "generate" if reason else "ours"


def sampler_line(chosen: str) -> str:
    """Why a GPU samples slower than it could; "" where it is vLLM or there is no GPU."""
    if not torch.cuda.is_available() or chosen.startswith("vllm"):
        return ""
    without = "pip install --group rl-vllm would bring vLLM"
    why = "vLLM is there, but not for this run" if installed("vllm") else without
    return f"samples with {chosen}, slower than vLLM beside the trainer: {why} (docs/scale.md)"


def sampler_arguments(config: TrainerConfig, planned: bool = False) -> dict[str, Any]:
    """GRPOConfig's arguments for sampling through vLLM; {} for every other sampler."""
    chosen = sampler_of(config, planned)
    if not chosen.startswith("vllm"):
        return {}
    if not installed("vllm"):
        raise BadInput(
            f"run.toml: trainer.sampler '{chosen}' needs the package vllm beside TRL, which is "
            "not installed: pip install --group rl-vllm -c requirements-vllm.lock"
        )
    if chosen == "vllm_server":
        where = {"vllm_server_base_url": _allowed(config.vllm_url)} if config.vllm_url else {}
        return {"use_vllm": True, "vllm_mode": "server", **where}
    return {
        "use_vllm": True,
        "vllm_mode": "colocate",
        "vllm_gpu_memory_utilization": config.vllm_memory,
        "vllm_tensor_parallel_size": config.vllm_tensor_parallel,
    }


def _allowed(url: str) -> str:
    """TRL connects by itself, so the address is checked once, before."""
    try:
        Outbound.from_environment().addresses(url)
    except NotAllowed as error:
        raise BadInput(f"run.toml: trainer.vllm_url: {error}") from error
    except OSError as error:
        raise BadInput(f"run.toml: trainer.vllm_url '{url}': the name is not known") from error
    return url


def adapter(config: TrainerConfig, model: Any = None) -> LoraConfig | None:
    """The LoRA adapter to train in the place of the weights of ``model``, or None."""
    if not config.lora_rank:
        return None
    targets = [name for part in config.lora_targets.split(",") if (name := part.strip())]
    return LoraConfig(
        task_type="CAUSAL_LM",
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        target_modules=targets[0] if targets == ["all-linear"] else targets,
        exclude_modules=_read_past_the_module(model),
    )


def _read_past_the_module(model: Any) -> list[str] | None:
    """Names of the modules whose weights a state space's kernels read without calling them: an
    adapter around them would not be seen."""
    names = [name for name, _ in model.named_parameters()] if model is not None else []
    return ["out_proj", "conv1d"] if any(name.endswith("A_log") for name in names) else None


def settle(run: Run, trainer: Any) -> None:
    """After training: ``run.policy`` holds whole, plain weights on every process. An adapter
    is merged into them; weights that FSDP or DeepSpeed spread out are gathered and reloaded."""
    if trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled:
        folder = run.folder / "gathered"
        trainer.save_model(str(folder))
        if is_main():
            run.policy.describe(folder)
        trainer.accelerator.wait_for_everyone()
        run.policy = load_policy(folder)
        return
    model = trainer.accelerator.unwrap_model(trainer.model)
    if isinstance(model, PeftModel):
        model.merge_and_unload().requires_grad_(True)
    for_sampling(run.policy.model)
    run.policy.model.eval()
