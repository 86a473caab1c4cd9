from annotation.cot.rules import DEFAULT_RULES, parse_rules
from annotation.cot.steps import StepKind
from tests.training.rl.tiny import make_samples
from training.job.types import Sample
from training.reward.noise import noisy
from verifier.truth import Truth, TruthTable

SAMPLES = make_samples()
RULES = parse_rules(DEFAULT_RULES)
TABLE = TruthTable((s.pair_id, kind, truth) for s in SAMPLES for kind, truth in s.truth.items())


def changed(share: float, seed: int = 0) -> tuple[TruthTable, list[Sample], set[str]]:
    table, samples = noisy(TABLE, SAMPLES, share, seed, RULES)
    wrong = {
        f"{new[0]}-{new[1]}"
        for old, new in zip(TABLE.rows(), table.rows(), strict=True)
        if old[2] != new[2]
    }
    return table, samples, wrong


def test_no_noise_changes_nothing() -> None:
    table, samples = noisy(TABLE, SAMPLES, 0.0, 0, RULES)
    assert table is TABLE
    assert samples == SAMPLES


def test_all_noise_changes_every_value_and_no_source() -> None:
    table, _, wrong = changed(1.0)
    assert len(wrong) == 3 * len(SAMPLES)
    assert {row[3] for row in table.rows()} == {"consensus"}


def test_about_the_asked_share_is_changed_and_more_noise_includes_less() -> None:
    few, many = changed(0.1)[2], changed(0.3)[2]
    assert 5 <= len(few) <= 25  # of 144
    assert 30 <= len(many) <= 57
    assert few < many


def test_the_release_and_the_pair_are_changed_alike() -> None:
    table, samples, wrong = changed(0.3)
    assert wrong
    for sample in samples:
        for kind, truth in sample.truth.items():
            assert table.lookup(sample.pair_id, kind) == truth


def test_the_seed_decides_which() -> None:
    assert changed(0.3, seed=0)[2] == changed(0.3, seed=0)[2] != changed(0.3, seed=1)[2]


def test_silver_values_are_changed_too() -> None:
    silver = Sample("1", SAMPLES[1].text, silver={StepKind.FINAL: Truth("4", "silver")})
    _, (noised,) = noisy(TruthTable(), [silver], 1.0, 0, RULES)
    assert noised.silver[StepKind.FINAL].value in ("1", "2", "3")
    assert noised.silver[StepKind.FINAL].source == "silver"


def test_verdicts_on_open_steps_are_changed_as_often() -> None:
    hashes = [f"{number:064x}" for number in range(144)]
    table = TruthTable(
        steps=[(h, StepKind.ITEM, Truth("correct", "consensus")) for h in hashes]
    )
    noised = noisy(table, [], 0.3, 0, RULES)[0].steps()
    assert {verdict for _, _, verdict, _ in noised} == {"correct", "incorrect"}
    assert 30 <= sum(verdict == "incorrect" for _, _, verdict, _ in noised) <= 57


def test_a_wrong_tier_implies_the_wrong_category() -> None:
    known = {
        StepKind.FINAL: Truth("4", "consensus"),
        StepKind.CATEGORY: Truth("match", "implied"),
    }
    table = TruthTable([("1", kind, truth) for kind, truth in known.items()])
    sample = Sample("1", SAMPLES[1].text, truth=known)
    noised, (pair,) = noisy(table, [sample], 1.0, 0, RULES)
    tier = pair.truth[StepKind.FINAL].value
    expected = {"1": Truth("mismatch", "implied")}.get(tier)  # 2 and 3 leave a choice
    assert tier != "4"
    assert pair.truth.get(StepKind.CATEGORY) == expected
    assert noised.lookup("1", StepKind.CATEGORY) == expected
