from pathlib import Path

import pytest

import training.rl  # noqa: F401  (sets the thread environment before torch loads)
from tests.training.rl.tiny import make_policy, make_run, make_samples
from training.job.types import Sample
from training.rl.policy.model import Policy, load_policy


@pytest.fixture(scope="session")
def samples() -> list[Sample]:
    return make_samples()


@pytest.fixture(scope="session")
def policy_dir(tmp_path_factory: pytest.TempPathFactory, samples: list[Sample]) -> Path:
    """A policy of 60,000 parameters that answers in the format, right about half the time."""
    folder = tmp_path_factory.mktemp("policy")
    make_policy(folder, samples)
    return folder


@pytest.fixture
def policy(policy_dir: Path) -> Policy:
    return load_policy(policy_dir)


@pytest.fixture
def run_dir(tmp_path: Path, policy_dir: Path, samples: list[Sample]) -> Path:
    folder = tmp_path / "run"
    make_run(folder, policy_dir, samples)
    return folder
