"""The queries that a run keeps apart to draw its learning curve on."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from annotation.cot.steps import StepKind
from training.job.config import RunConfig, parse_config
from training.job.types import BadInput, Sample
from training.rl.policy.run_folder import dev_split
from verifier.truth import Truth


def wanted(text: str) -> RunConfig:
    return parse_config(f'policy = "p"\n[eval]\n{text}')


def pairs(queries: int, truth: dict[StepKind, Truth], of: Sample) -> list[Sample]:
    return [
        replace(
            of, pair_id=f"{number}-{n}", text=replace(of.text, query=f"q{number}"), truth=truth
        )
        for number in range(queries)
        for n in range(3)
    ]


TIER = {StepKind.FINAL: Truth("4", "consensus")}


def test_whole_queries_are_kept_apart_and_the_same_ones_at_a_restart(
    samples: list[Sample],
) -> None:
    everything = pairs(60, TIER, samples[0])
    train, dev = dev_split(Path(), wanted("curve_every = 5\ndev_share = 0.2"), everything)
    assert {s.text.query for s in train} & {s.text.query for s in dev} == set()
    assert len(train) + len(dev) == 180
    assert 6 <= len({s.text.query for s in dev}) <= 18  # 12 are expected
    again = dev_split(Path(), wanted("curve_every = 5\ndev_share = 0.2"), everything[::-1])
    assert {s.pair_id for s in again[1]} == {s.pair_id for s in dev}


def test_a_larger_share_keeps_what_a_smaller_one_kept(samples: list[Sample]) -> None:
    everything = pairs(60, TIER, samples[0])
    small = dev_split(Path(), wanted("curve_every = 5\ndev_share = 0.1"), everything)[1]
    large = dev_split(Path(), wanted("curve_every = 5\ndev_share = 0.3"), everything)[1]
    assert {s.pair_id for s in small} < {s.pair_id for s in large}


def test_without_a_curve_every_query_is_trained_on(samples: list[Sample]) -> None:
    everything = pairs(4, TIER, samples[0])
    assert dev_split(Path(), wanted("dev_share = 0.5"), everything) == (everything, [])


def test_a_dev_file_is_what_the_curve_is_drawn_on(run_dir: Path, samples: list[Sample]) -> None:
    shutil.copy(run_dir / "eval.jsonl", run_dir / "dev.jsonl")
    train, dev = dev_split(run_dir, wanted("curve_every = 5\ndev_share = 0.5"), samples)
    assert train == samples
    assert len(dev) == len((run_dir / "eval.jsonl").read_text().splitlines())


def test_pairs_without_a_tier_draw_no_curve(samples: list[Sample]) -> None:
    everything = pairs(60, TIER, samples[0]) + [
        replace(s, pair_id=f"u{s.pair_id}", truth={}, silver={})
        for s in pairs(60, TIER, samples[0])
    ]
    _, dev = dev_split(Path(), wanted("curve_every = 5\ndev_share = 0.2"), everything)
    assert dev
    assert not any(sample.pair_id.startswith("u") for sample in dev)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("curve_every = 5", r"set eval\.dev_share"),
        ("curve_every = 5\ndev_share = 0.00001", "60 queries are too few to split"),
    ],
)
def test_a_curve_without_anything_to_draw_it_on_is_refused(
    settings: str, words: str, samples: list[Sample]
) -> None:
    with pytest.raises(BadInput, match=words):
        dev_split(Path(), wanted(settings), pairs(60, TIER, samples[0]))


def test_the_best_point_of_no_points_is_refused() -> None:
    with pytest.raises(BadInput, match="keep_best needs points"):
        wanted("keep_best = true")


def test_a_method_without_a_curve_trains_on_all_queries(samples: list[Sample]) -> None:
    config = parse_config('policy = "m"\nmethod = "rm"\n[eval]\ncurve_every = 5')
    assert dev_split(Path(), config, samples) == (samples, [])
