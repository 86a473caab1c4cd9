"""What a form or a file can ask for is either runnable or refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.models import Checkpoint, TrainingRun
from training.rl.config import parse_config
from training.run_config import METHODS, ConfigError, DataOptions, config_check, run_toml

POLICY = Checkpoint(name="p", path="/models/p", layout="answer_first", style="instruct")
JUDGE = Checkpoint(name="j", path="/models/p", layout="answer_first", style="instruct",
                   kind=Checkpoint.Kind.RM)  # fmt: skip
RM = Checkpoint(name="r", path="/models/r", kind=Checkpoint.Kind.RM)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["group", "updates", "epochs", "kl", "x"]), inner)
    ),
    max_leaves=4,
)
keys = st.sampled_from(["seed", "threads", "rl", "fit", "eval", "data", "policy", "nonsense"])


def check(config: dict[str, Any], method: str = "srpo") -> Any:
    policy = JUDGE if method == "rm_grpo" else POLICY
    return config_check(method=method, policy=policy, rm=RM, config=config)


@given(st.dictionaries(keys, values, max_size=3))
def test_any_configuration_is_accepted_or_refused_by_a_config_error(
    config: dict[str, Any],
) -> None:
    try:
        accepted = check(config)
    except ConfigError:
        return
    run = TrainingRun(method="srpo", policy=POLICY, rm=RM, config=config)
    assert parse_config(run_toml(run)) == accepted


@pytest.mark.parametrize("method", METHODS)
def test_every_method_runs_on_its_defaults(method: str) -> None:
    config = check({}, method)
    assert (config.method, config.policy, config.rm) == (method, "/models/p", "/models/r")
    assert (config.layout, config.style) == ("answer_first", "instruct")


def test_data_options_do_not_reach_the_trainer() -> None:
    config = {"data": {"eval_split": "val", "train_limit": 5}}
    check(config)
    assert DataOptions.of(config) == DataOptions("val", 5, 0)
    assert "data" not in run_toml(TrainingRun(method="rm", policy=POLICY, config=config))


def test_what_the_row_says_cannot_be_overridden() -> None:
    with pytest.raises(ConfigError, match="'policy' is chosen above"):
        check({"policy": "/etc"})


def test_grpo_of_a_reward_model_goes_on_from_one_and_nothing_else_does() -> None:
    with pytest.raises(ConfigError, match="p is a policy: rm_grpo goes on from a reward model"):
        config_check(method="rm_grpo", policy=POLICY, rm=None, config={})
    with pytest.raises(ConfigError, match="j is a reward model, not a policy"):
        config_check(method="classifier", policy=JUDGE, rm=None, config={})


@pytest.mark.parametrize(
    "config",
    [
        {"rewards": {"server": "http://169.254.169.254/v1"}},
        {"trainer": {"vllm_url": "http://169.254.169.254"}},
    ],
)
def test_a_run_that_names_a_server_nobody_listed_is_refused(config: dict[str, Any]) -> None:
    ((section, key),) = [(s, k) for s, keys in config.items() for k in keys]
    with pytest.raises(ConfigError, match=rf"{section}\.{key}: .*STEPWISE_POLICY_HOSTS"):
        check(config)
