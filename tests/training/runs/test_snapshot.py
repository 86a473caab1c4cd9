from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from annotation.cot.labels import LabelInput
from annotation.cot.rules import parse_rules
from annotation.deciding.resolution import item_resolve
from annotation.labelling.queue import queue_ask
from annotation.models import Project
from annotation.models.leases import LeaseLost
from annotation.quality.guidelines import guideline_save
from tests.factories import cot as make_cot
from tests.factories import (
    labels_for,
    make_pair,
    make_project,
    make_resolved,
    make_user,
    submit,
)
from tests.training.world import (
    cot,
    pair_make,
    release_make,
    resolve,
    rm_make,
    rollout_make,
    run_make,
    truth_make,
)
from training.job.config import load_config
from training.job.data import read_labels, read_samples
from training.job.files import file_sha256, read_jsonl
from training.job.folder import DEV, INPUTS
from training.models import Checkpoint, TrainingRun
from training.runs.snapshot import run_folder, snapshot_build
from verifier.services.truth import truth_refresh
from verifier.truth import load

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(settings: Any, tmp_path: Path) -> Project:
    settings.RUNS_DIR = tmp_path
    return make_project()


def build(project: Project, **values: Any) -> Path:
    return snapshot_build(run=run_make(project, **values))


def test_the_trainer_can_read_every_file(project: Project) -> None:
    pair = pair_make(project, "red chair", "chair one")
    held_out = pair_make(project, "blue chair", "chair two", split="test")
    for each in (pair, held_out):
        truth_make(each)
    resolve(rollout_make(pair), {1: "correct", 5: "incorrect"})
    folder = build(project, rm=rm_make(), config={"seed": 7, "rl": {"updates": 2}})
    config = load_config(folder / "run.toml")
    assert (config.method, config.seed, config.rl.updates) == ("srpo", 7, 2)
    assert (config.policy, config.rm) == ("/models/policy", "/models/rm")
    (train,) = read_samples(folder / "train.jsonl")
    (test,) = read_samples(folder / "eval.jsonl")
    assert (train.pair_id, test.pair_id) == (str(pair.pk), str(held_out.pk))
    assert {int(k): t.value for k, t in train.truth.items()} == {3: "match", 4: "all", 5: "4"}
    assert dict(train.text.attributes) == {"Color": "red, blue", "Size": "M"}
    (labels,) = read_labels(folder / "labels.jsonl")
    assert {int(k): v for k, v in labels.verdicts.items()} == {1: True, 5: False}
    assert "".join(f"{step}\n" for step in labels.steps) == cot()
    assert len(load(folder / "truth.json")) == 6
    parse_rules((folder / "rules.toml").read_text())


def test_the_manifest_names_every_input_by_its_hash(project: Project) -> None:
    truth_make(pair_make(project, "q", "t"))
    folder = build(project)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["inputs"] == {
        name: file_sha256(folder / name) for name in INPUTS if name != DEV
    }
    assert manifest["rows"] == {"train.jsonl": 1, "eval.jsonl": 0, "labels.jsonl": 0}


def test_a_complete_folder_is_left_as_it_is(project: Project) -> None:
    pair = pair_make(project, "q", "t")
    truth_make(pair)
    run = run_make(project)
    folder = snapshot_build(run=run)
    before = file_sha256(folder / "train.jsonl")
    truth_make(pair_make(project, "q2", "t2"))
    run.release = release_make(project)
    snapshot_build(run=run)
    assert file_sha256(folder / "train.jsonl") == before


def test_silver_is_kept_apart_and_never_evaluated_on(project: Project) -> None:
    for split in ("train", "test"):
        truth_make(pair_make(project, f"q {split}", split, split=split), source="silver")
    folder = build(project)
    (train,) = read_samples(folder / "train.jsonl")
    assert train.truth == {}
    assert {t.source for t in train.silver.values()} == {"silver"}
    assert read_samples(folder / "eval.jsonl") == []


def test_what_a_tier_implies_travels_with_the_pair_as_implied(project: Project) -> None:
    truth_make(pair_make(project, "q", "t"), kinds=(5,))
    (train,) = read_samples(build(project) / "train.jsonl")
    assert {int(kind): t.source for kind, t in train.truth.items()} == {
        3: "implied", 5: "consensus",
    }  # fmt: skip


def test_a_pair_without_a_verified_tier_is_not_evaluated_on(project: Project) -> None:
    truth_make(pair_make(project, "q", "t", split="test"), kinds=(3, 4))
    assert read_samples(build(project) / "eval.jsonl") == []


def test_what_was_held_out_is_not_in_the_labels(project: Project) -> None:
    for split in ("train", "val", "test"):
        resolve(rollout_make(pair_make(project, split, split, split=split)), {3: "correct"})
    folder = build(project, config={"data": {"eval_split": "val"}})
    assert {row.sample.split for row in read_labels(folder / "labels.jsonl")} == {
        "train",
        "test",
    }


def test_malformed_rollouts_and_undecided_steps_teach_nothing(project: Project) -> None:
    resolve(rollout_make(pair_make(project, "a", "a"), text="nonsense"), {5: "incorrect"})
    resolve(rollout_make(pair_make(project, "b", "b")), {5: ""})
    assert (build(project) / "labels.jsonl").read_text() == ""


def test_the_newest_resolution_of_a_step_is_the_label(project: Project) -> None:
    rollout = rollout_make(pair_make(project, "a", "a"))
    resolve(rollout, {3: "correct", 4: "correct"})
    resolve(rollout, {3: "incorrect"})
    (row,) = read_labels(build(project) / "labels.jsonl")
    assert {int(k): v for k, v in row.verdicts.items()} == {3: False, 4: True}


class TestLabelsOfARelease:
    """labels_for() says of factories.cot(): match, none, tier 2, all correct."""

    @staticmethod
    def rows(run: TrainingRun) -> dict[str, dict[str, Any]]:
        folder = snapshot_build(run=run)
        return {row["rollout_id"]: row for _, row in read_jsonl(folder / "labels.jsonl")}

    @staticmethod
    def released(project: Project) -> TrainingRun:
        truth_refresh(project=project)
        return run_make(project, method="rm", policy=Checkpoint.objects.first())

    def test_two_reward_models_of_one_release_learn_the_same(self, project: Project) -> None:
        pair = make_pair(project)
        make_resolved(pair)
        first = self.released(project)
        second = run_make(project, method="rm", policy=first.policy, release=first.release)
        learned = self.rows(first)
        make_resolved(pair, labels_for(tier="1"), reason="audit")
        make_resolved(make_pair(project))
        truth_refresh(project=project)
        assert self.rows(second) == learned
        assert len(learned) == 1

    def test_each_verdict_names_the_decision_behind_it(self, project: Project) -> None:
        item = make_resolved(make_pair(project))
        (row,) = self.rows(self.released(project)).values()
        behind = item.resolutions.values_list("kind", "pk")
        assert row["resolutions"] == {str(kind): pk for kind, pk in behind}

    def test_a_value_that_lost_is_judged_by_the_one_that_won(self, project: Project) -> None:
        pair = make_pair(project)
        old = make_resolved(pair)
        new = make_resolved(pair, labels_for(tier="1"), reason="audit")
        rows = self.rows(self.released(project))
        for item in (old, new):
            row = rows[str(item.rollout_id)]
            assert (row["verdicts"]["5"], row["values"]["5"]) == ("incorrect", "1")
            assert row["resolutions"]["5"] == new.resolutions.get(kind=5).pk

    def test_a_wrong_reasoning_with_the_right_value_stays_wrong(self, project: Project) -> None:
        labels = [LabelInput(3, "incorrect", "match")]
        item = make_resolved(make_pair(project), labels)
        rows = self.rows(self.released(project))
        assert rows[str(item.rollout_id)]["verdicts"] == {"3": "incorrect"}

    def test_steps_that_were_decided_before_and_not_asked_have_their_verdicts(
        self, project: Project
    ) -> None:
        pair = make_pair(project)
        make_resolved(pair)
        other = rollout_make(
            pair, text=make_cot(tier="4").replace("want: shoes", "want: boots")
        )
        item = queue_ask(rollout=other, overlap=1, kinds=[2])
        submit(item, make_user(), [LabelInput(2, "incorrect")])
        item_resolve(item=item)
        row = self.rows(self.released(project))[str(other.pk)]
        assert row["verdicts"] == {
            "2": "incorrect", "3": "correct", "4": "correct", "5": "incorrect",
        }  # fmt: skip

    def test_stale_decisions_teach_nothing(self, project: Project) -> None:
        make_resolved(make_pair(project))
        guideline_save(
            project=project, author=None, text="n", rules=project.rules, changed_kinds=[4]
        )
        (row,) = self.rows(self.released(project)).values()
        assert sorted(row["verdicts"]) == ["1", "2", "3", "5"]

    def test_a_release_of_version_1_reads_the_present_labels(self, project: Project) -> None:
        make_resolved(make_pair(project))
        run = self.released(project)
        release = run.release
        assert release is not None
        release.payload = json.dumps({"sha256": hashlib.sha256(b"[]").hexdigest(), "rows": []})
        release.rows.all().delete()
        release.save()
        (row,) = self.rows(run).values()
        assert len(row["verdicts"]) == 5


def test_a_limit_takes_training_pairs_of_all_queries_in_turn(project: Project) -> None:
    for query in ("a", "b", "c"):
        for title in ("x", "y"):
            truth_make(pair_make(project, query, f"{query}{title}"))
    order = sorted("abc", key=lambda q: hashlib.sha256(q.encode()).digest())
    folder = build(project, config={"data": {"train_limit": 4}})
    queries = [sample.text.query for sample in read_samples(folder / "train.jsonl")]
    assert queries == [*order, order[0]]


def test_a_limit_takes_whole_queries_of_an_evaluation(project: Project) -> None:
    truth_make(pair_make(project, "train", "t"))
    for query in ("a", "b", "c"):
        for title in ("x", "y"):
            truth_make(pair_make(project, query, f"{query}{title}", split="test"))
    first, second, _ = sorted("abc", key=lambda q: hashlib.sha256(q.encode()).digest())
    folder = build(project, config={"data": {"eval_limit": 3}})
    queries = [sample.text.query for sample in read_samples(folder / "eval.jsonl")]
    assert queries == [first, first, second, second]


def test_a_lost_lease_stops_the_writing_and_leaves_no_manifest(project: Project) -> None:
    truth_make(pair_make(project, "q", "t"))
    run = run_make(project)

    def lost() -> None:
        raise LeaseLost

    with pytest.raises(LeaseLost):
        snapshot_build(run=run, on_row=lost)
    assert not (run_folder(run) / "manifest.json").exists()
    assert tomllib.loads((snapshot_build(run=run) / "run.toml").read_text())["method"] == "srpo"


def test_a_run_without_a_release_cannot_be_frozen(project: Project) -> None:
    run = run_make(project)
    TrainingRun.objects.filter(pk=run.pk).update(release=None)
    run.refresh_from_db()
    with pytest.raises(ValueError, match="no verifier release"):
        snapshot_build(run=run)
