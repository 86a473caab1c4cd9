"""vLLM itself as a child process that ends with the test, and what it is given."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx

from annotation.cot.steps import CLAIM_KEYS
from bench.support.server import free_port
from lab.sample.generate import generate
from lab.sample.world import pair_text
from training.job.child import JobProcess
from training.job.types import Sample
from verifier.truth import Truth

# On a CPU vLLM 0.32 dies of a seeded request whose prompt it reads in two parts. Compiling
# would take longer than all answers.
OPTIONS = ["--dtype", "float32", "--no-enable-chunked-prefill", "--enforce-eager"]
START_SECONDS = 1200.0  # a busy machine is no failure
SETTINGS = {"VLLM_CPU_KVCACHE_SPACE": "1", "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1"}


class Vllm:
    """``serve`` swaps the model: another process at the same address."""

    def __init__(self, python: str, log: Path) -> None:
        self.port = free_port()
        self.url, self._python, self._log = f"http://127.0.0.1:{self.port}/v1", python, log
        self._folder: Path | None = None
        self._child: JobProcess | None = None

    def serve(self, folder: Path) -> str:
        if folder != self._folder:
            self.stop()
            self._folder, self._child = folder, JobProcess(self._command(folder), log=self._log)
            self._wait(self._child)
        return self.url

    def stop(self) -> None:
        if self._child:
            self._child.kill()
        self._child = self._folder = None

    def _command(self, folder: Path) -> list[str]:
        settings = [f"{name}={value}" for name, value in SETTINGS.items()]
        server = [self._python, "-P", "-m", "vllm.entrypoints.openai.api_server"]
        where = ["--host", "127.0.0.1", "--port", str(self.port), "--model", str(folder)]
        return ["env", *settings, *server, *where, *OPTIONS]

    def _wait(self, child: JobProcess) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            assert child.poll() is None, child.tail()
            try:
                if httpx.get(f"http://127.0.0.1:{self.port}/health").is_success:
                    return
            except httpx.TransportError:
                child.wait(1.0)
        raise AssertionError(child.tail())


def known_pairs() -> list[Sample]:
    """48 pairs in the words that the seed policy knows."""
    made = generate(queries=8, products=300, pairs_a_query=6).pairs
    return [
        Sample(
            pair_id=str(number),
            text=pair_text(pair.query, pair.product),
            split="train" if number % 6 else "test",
            truth={
                kind: Truth(getattr(pair.truth, name), "consensus")
                for kind, name in CLAIM_KEYS.items()
            },
        )
        for number, pair in enumerate(made)
    ]


def like_a_public_model(folder: Path) -> None:
    """Give a folder what public models come with: sampling defaults, and a special token that
    the tokenizer puts before every text unless told not to."""
    change(folder / "generation_config.json", top_k=1, top_p=0.1, repetition_penalty=1.8)
    added = json.loads((folder / "tokenizer.json").read_text())["added_tokens"]
    (eos,) = (token["id"] for token in added if token["content"] == "<eos>")
    first = {"SpecialToken": {"id": "<eos>", "type_id": 0}}
    texts = [{"Sequence": {"id": name, "type_id": 0}} for name in "AB"]
    template = {
        "type": "TemplateProcessing",
        "single": [first, texts[0]],
        "pair": [first, *texts],
        "special_tokens": {"<eos>": {"id": "<eos>", "ids": [eos], "tokens": ["<eos>"]}},
    }
    change(folder / "tokenizer.json", post_processor=template)


def change(file: Path, **values: Any) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))
