"""What a form or a file can ask for is either runnable or refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.job.config import parse_config
from training.job.methods import METHODS
from training.models import Checkpoint, TrainingRun
from training.runs.run_config import ConfigError, DataOptions, config_check, run_toml

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
    rm = RM if METHODS[method].takes_rm else None
    return config_check(method=method, policy=policy, rm=rm, config=config)


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
    rm = "/models/r" if method in ("srpo", "grpo", "agrl") else ""
    assert (config.method, config.policy, config.rm) == (method, "/models/p", rm)
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


@pytest.mark.parametrize(
    ("method", "config", "name"),
    [
        ("srpo", {"fit": {"epochs": 9}}, "fit.epochs"),
        ("sft", {"rl": {"updates": 4}}, "rl.updates"),
        ("sft", {"curriculum": {"stages": 1}}, "curriculum.stages"),
        ("grpo", {"rl": {"gamma": 0.9}}, "rl.gamma"),
        ("dpo", {"trainer": {"packing": True}}, "trainer.packing"),
        ("rm", {"data": {"train_limit": 5}}, "data.train_limit"),
        ("rm_scalar", {"trainer": {"bf16": True}}, "trainer.bf16"),
        ("linear", {"fit": {"epochs": 1}}, "fit.epochs"),
        ("rm", {"use_silver": False}, "use_silver"),
    ],
)
def test_a_setting_that_the_method_does_not_read_is_refused_by_name(
    method: str, config: dict[str, Any], name: str
) -> None:
    with pytest.raises(ConfigError, match=f"{method} does not read {name}: leave it out"):
        check(config, method)


def test_a_reward_model_that_the_method_does_not_use_is_refused() -> None:
    with pytest.raises(ConfigError, match="sft does not read rm"):
        config_check(method="sft", policy=POLICY, rm=RM, config={})


@pytest.mark.parametrize("method", METHODS)
def test_every_preset_and_every_field_of_the_form_is_read_by_its_method(method: str) -> None:
    row = METHODS[method]
    assert [key for key in row.form if not row.reads_key(key)] == []
    for tables in row.presets.values():
        keys = {f"{section}.{key}" for section, table in tables.items() for key in table}
        assert keys <= set(row.form)  # what a preset sets is shown
        check({section: dict(table) for section, table in tables.items()}, method)


def test_a_micro_batch_that_nobody_chose_fits_the_update() -> None:
    assert check({"rl": {"prompts": 2, "group": 8}}).rl.micro_batch == 16
    assert check({"rl": {"prompts": 9, "group": 8}}).rl.micro_batch == 36
    assert check({}).rl.micro_batch == 64
    with pytest.raises(ConfigError, match=r"rl\.prompts 2 x rl\.group 8"):
        check({"rl": {"prompts": 2, "group": 8, "micro_batch": 64}})
