import pytest

from training.job.config import RunConfig, parse_config, resolved
from training.job.types import BadInput


def test_only_the_policy_must_be_given() -> None:
    assert parse_config('policy = "m"') == RunConfig(policy="m")


def test_the_resolved_text_gives_the_same_configuration_back() -> None:
    config = parse_config('policy = "a b\\"c"\nmethod = "grpo"\n[rl]\nkl = 0\ngroup = 8\n')
    assert parse_config(resolved(config)) == config
    assert config.rl.kl == 0.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'policy' must name"),
        ('policy = "m"\ncolour = 1', "unknown key 'colour'"),
        ('policy = "m"\n[rl]\nlr = 1', "unknown key 'rl.lr'"),
        ('policy = "m"\nmethod = "rloo"', "'method' must be one of"),
        ('policy = "m"\n[rl]\ngroup = 1', "'rl.group' must be 2 to"),
        ('policy = "m"\n[rl]\ngroup = "8"', "'rl.group' must be a int"),
        ('policy = "m"\n[rl]\nlearning_rate = nan', "'rl.learning_rate' must be"),
        ('policy = "m"\nuse_silver = 1', "'use_silver' must be a bool"),
        ('policy = "m"\nrl = 3', "'rl' must be a table"),
        ('policy = "m"\n[rl]\nmicro_batch = 48', "rl.micro_batch 48 must divide"),
        ('policy = "m"\n[rewards]\nsource = "rm_only"', "'rm_only' needs a reward model"),
        ('policy = "m"\n[curriculum]\norder = "best"', "'curriculum.order' must be one of"),
        ("policy = ", "not TOML"),
    ],
)
def test_nonsense_is_refused_by_the_name_of_the_key(text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        parse_config(text)


def test_a_supervised_method_brings_its_own_learning_rate() -> None:
    assert parse_config('policy = "m"\nmethod = "rm"').fit.learning_rate == 1e-3
    given = parse_config('policy = "m"\nmethod = "rm"\n[fit]\nlearning_rate = 5e-4')
    assert (given.fit.learning_rate, given.fit.epochs) == (5e-4, 2.0)
    assert parse_config(resolved(given)) == given


def test_agrl_turns_shaping_and_replay_on_and_can_be_overruled() -> None:
    agrl = parse_config('policy = "m"\nmethod = "agrl"').rl
    assert (agrl.shaping, agrl.replay, agrl.updates) == ("rules", True, 60)
    plain = parse_config('policy = "m"\nmethod = "agrl"\n[rl]\nreplay = false').rl
    assert (plain.shaping, plain.replay) == ("rules", False)
