import json
import shutil
from pathlib import Path

import pytest
import torch

from tests.training.rl.tiny import answer
from training.job.files import read_finished_jsonl, write_jsonl
from training.job.job_toml import run_job
from training.job.prompts import policy_prompt
from training.job.types import BadInput, Sample
from training.rl.policy.generate import Decoding, choose, generate, next_token_logits
from training.rl.policy.model import Policy, load_policy
from training.rl.policy.sample import sample

pytestmark = pytest.mark.rl


def prompts_of(samples: list[Sample], count: int = 5) -> list[str]:
    return [
        policy_prompt(s.text, version="1") + "\n" * (i % 3)
        for i, s in enumerate(samples[:count])
    ]


def test_greedy_decoding_equals_transformers_own(policy: Policy, samples: list[Sample]) -> None:
    prompts = prompts_of(samples)
    ours = generate(policy, prompts, Decoding(max_tokens=40, batch_size=3))
    for prompt, (completion,) in zip(prompts, ours, strict=True):
        ids = torch.tensor([policy.tokenizer(prompt)["input_ids"]])
        theirs = policy.model.generate(ids, do_sample=False, max_new_tokens=40)[
            0, ids.shape[1] :
        ]
        assert completion.text == policy.tokenizer.decode(theirs, skip_special_tokens=True)
        assert completion.tokens == len(theirs)


def test_a_completion_does_not_depend_on_its_batch(
    policy: Policy, samples: list[Sample]
) -> None:
    prompts = prompts_of(samples)
    whole = generate(
        policy, prompts, Decoding(n=3, temperature=1, max_tokens=30, batch_size=64)
    )
    alone = generate(policy, prompts, Decoding(n=3, temperature=1, max_tokens=30, batch_size=1))
    assert whole == alone
    assert len({c.text for group in whole for c in group}) > len(prompts)


def test_another_seed_draws_other_texts(policy: Policy, samples: list[Sample]) -> None:
    prompts = prompts_of(samples)
    first, second = (
        generate(policy, prompts, Decoding(n=2, temperature=1, max_tokens=30, seed=seed))
        for seed in (1, 2)
    )
    assert first != second


def test_a_completion_cut_by_its_budget_says_so(policy: Policy, samples: list[Sample]) -> None:
    ((cut,),) = generate(policy, prompts_of(samples, 1), Decoding(max_tokens=5))
    ((whole,),) = generate(policy, prompts_of(samples, 1), Decoding(max_tokens=120))
    assert (cut.finish, cut.tokens) == ("length", 5)
    assert whole.finish == "stop"


def test_a_draw_picks_the_token_whose_share_of_the_mass_it_falls_in() -> None:
    logits = torch.log(torch.tensor([[0.2, 0.5, 0.3]])).repeat(4, 1)
    draws = torch.tensor([0.0, 0.49, 0.51, 0.99])
    picked = choose(logits, draws, Decoding(temperature=1.0))  # order 1, 2, 0 by mass
    assert picked.tolist() == [1, 1, 2, 0]
    assert choose(logits, draws, Decoding(temperature=1.0, top_k=1)).tolist() == [1] * 4
    assert choose(logits, draws, Decoding()).tolist() == [1] * 4


def test_next_token_logits_are_those_of_a_plain_forward_pass(
    policy: Policy, samples: list[Sample]
) -> None:
    rows = [policy.tokenizer(p)["input_ids"] for p in prompts_of(samples)]
    computed = next_token_logits(policy, rows, [3, 7], batch_size=2)
    for row, logits in zip(rows, computed, strict=True):
        plain = policy.model(torch.tensor([row])).logits[0, -1, [3, 7]]
        assert logits.tolist() == pytest.approx(plain.tolist(), abs=1e-4)


@pytest.fixture
def job(tmp_path: Path, policy_dir: Path, samples: list[Sample]) -> Path:
    settings = {"model": str(policy_dir), "n": 2, "max_tokens": 20, "seed": 3, "batch_size": 4}
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    (tmp_path / "job.toml").write_text("\n".join(lines))
    rows = [
        {"pair_id": s.pair_id, "prompt": policy_prompt(s.text, version="1")}
        for s in samples[:4]
    ]
    write_jsonl(tmp_path / "pairs.jsonl", rows)
    return tmp_path


def test_a_sampling_job_killed_in_the_middle_of_a_line_ends_as_if_it_had_not_been(
    job: Path,
) -> None:
    out = job / "rollouts.jsonl"
    sample(job)
    whole = sorted(out.read_text().splitlines())
    assert len(whole) == 8
    text = out.read_text()
    out.write_text(text[: len(text) // 2])
    sample(job)
    assert sorted(out.read_text().splitlines()) == whole


def test_a_complete_job_loads_no_model(job: Path) -> None:
    sample(job)
    text = (job / "job.toml").read_text()
    (job / "job.toml").write_text(text.replace('model = "', 'model = "/nowhere'))
    sample(job)
    assert len(read_finished_jsonl(job / "rollouts.jsonl")) == 8


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("colour = 1", "unknown key 'colour'"),
        ("top_k = 1.5", "'top_k' must be a int"),
        ("temperature = -1", "must be given and not negative"),
    ],
)
def test_a_bad_job_ends_with_one_line_and_code_four(
    job: Path, capsys: pytest.CaptureFixture[str], line: str, message: str
) -> None:
    with (job / "job.toml").open("a") as handle:
        handle.write(f"\n{line}\n")
    assert run_job(sample, [str(job)], "training.rl.policy.sample") == 4
    assert message in capsys.readouterr().err


def test_a_folder_that_is_no_model_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no Hugging Face model"):
        load_policy(tmp_path)


def test_a_model_file_overwritten_in_place_does_not_change_a_loaded_policy(
    policy_dir: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "policy"
    shutil.copytree(policy_dir, folder)
    loaded = load_policy(folder)
    before = [tensor.clone() for tensor in loaded.model.parameters()]
    weights = folder / "model.safetensors"
    with weights.open("r+b") as handle:
        handle.seek(-1000, 2)
        handle.write(b"\0" * 1000)
    after = list(loaded.model.parameters())
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_the_tiny_policy_answers_in_the_format(policy: Policy, samples: list[Sample]) -> None:
    ((completion,),) = generate(
        policy, [policy_prompt(samples[0].text, version="1")], Decoding(max_tokens=120)
    )
    assert completion.text.splitlines()[::2] == answer(samples[0]).splitlines()[::2]
