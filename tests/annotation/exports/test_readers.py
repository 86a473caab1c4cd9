"""The libraries that read an export open it, with the types and splits that we promise."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from annotation.deciding.resolution import item_resolve
from annotation.exports.formats import ExportFilter, format_named, formats
from annotation.exports.jobs import export_write
from annotation.models import Pair
from tests.annotation.exports.world import decided_project
from tests.factories import (
    labels_for,
    make_pair,
    make_project,
    make_rollout,
    make_user,
    open_item,
    submit,
)
from verifier.services.truth import truth_refresh

pytestmark = pytest.mark.django_db
FOLDERS = sorted(name for name, format in formats().items() if format.folder)
LABEL_STUDIO = os.environ.get("STEPWISE_LABEL_STUDIO_PYTHON", "")


def two_splits() -> ExportFilter:
    """The decided project, and one more verified and refuted rollout of a test query."""
    project = decided_project()
    pair = make_pair(project)
    Pair.objects.filter(pk=pair.pk).update(split="test", query="green hat")
    pair.refresh_from_db()
    for labels in (labels_for(), [*labels_for()[:4], labels_for(tier="4")[4]]):
        item = open_item(make_rollout(pair))
        submit(item, make_user(), labels)
        item_resolve(item=item)
    truth_refresh(project=project)
    return ExportFilter(project)


@pytest.mark.rl
@pytest.mark.parametrize("name", FOLDERS)
def test_load_dataset_opens_it_with_train_and_test_apart(name: str, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    export_write(format=format_named(name), chosen=two_splits(), path=tmp_path / "set")
    loaded = datasets.load_dataset(str(tmp_path / "set"), cache_dir=str(tmp_path / "cache"))
    assert list(loaded) == ["train", "test"]
    assert loaded["train"].features == loaded["test"].features
    assert set(loaded["test"]["split"]) == {"test"}
    assert set(loaded["train"]["split"]) == {"train"}


@pytest.mark.rl
@pytest.mark.parametrize("name", FOLDERS)
def test_an_empty_export_opens_with_the_types_of_a_full_one(name: str, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    opened = []
    for path, chosen in (("empty", ExportFilter(make_project())), ("full", two_splits())):
        export_write(format=format_named(name), chosen=chosen, path=tmp_path / path)
        opened.append(
            datasets.load_dataset(str(tmp_path / path), split="train", streaming=True)
        )
    empty, full = opened
    assert list(empty) == []
    assert empty.features == full.features


@pytest.mark.rl
def test_datasets_still_refuses_any_split_without_rows(tmp_path: Path) -> None:
    """Why docs/exporting.md names streaming: also one that datasets wrote itself."""
    datasets = pytest.importorskip("datasets")
    typed = datasets.Features({"text": datasets.Value("string")})
    datasets.Dataset.from_dict({"text": []}, typed).to_parquet(tmp_path / "train.parquet")
    with pytest.raises(ValueError, match="corresponds to no data"):
        datasets.load_dataset(str(tmp_path), cache_dir=str(tmp_path / "cache"))


@pytest.mark.rl
def test_unanimous_and_split_agreement_load_together_as_floats(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    export_write(format=format_named("prm"), chosen=two_splits(), path=tmp_path / "set")
    loaded = datasets.load_dataset(str(tmp_path / "set"), cache_dir=str(tmp_path / "cache"))
    assert loaded["train"].features["agreement"] == datasets.List(datasets.Value("float64"))
    line = (tmp_path / "set" / "data" / "train.jsonl").read_text().splitlines()[0]
    assert '"agreement":[1.0,' in line


@pytest.mark.rl
@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("sft", {"prompt", "completion"}),
        ("preference", {"prompt", "chosen", "rejected"}),
        ("prompts", {"prompt"}),
    ],
)
def test_trl_takes_the_rows_for_what_they_are(
    name: str, columns: set[str], tmp_path: Path
) -> None:
    data_utils = pytest.importorskip("trl.data_utils")
    chosen = two_splits()
    if name == "preference":
        chosen = ExportFilter(chosen.project, split="train")
    export_write(format=format_named(name), chosen=chosen, path=tmp_path / "set")
    line = (tmp_path / "set" / "data" / "train.jsonl").read_text().splitlines()[0]
    row = json.loads(line)
    assert columns <= set(row)
    assert not data_utils.is_conversational(row)


@pytest.mark.skipif(not LABEL_STUDIO, reason="set STEPWISE_LABEL_STUDIO_PYTHON")
def test_label_studios_converter_reads_our_tasks(tmp_path: Path) -> None:
    chosen, target = two_splits(), tmp_path / "tasks.json"
    export_write(format=format_named("label-studio"), chosen=chosen, path=target)
    config = (
        '<View><Text name="step_5" value="$step_5"/>'
        '<Choices name="verdict_5" toName="step_5"><Choice value="correct"/>'
        '<Choice value="incorrect"/></Choices></View>'
    )
    code = (
        "import sys\nfrom label_studio_sdk.converter import Converter\n"
        "Converter(sys.argv[1], None).convert_to_json_min(\n"
        "    sys.argv[2], sys.argv[3], is_dir=False)"
    )
    command: list[Any] = [LABEL_STUDIO, "-c", code, config, target, tmp_path]
    subprocess.run(command, check=True)
    rows = json.loads((tmp_path / "result.json").read_text())
    verdicts = {row.get("verdict_5", "") for row in rows}
    assert verdicts == {"correct", "incorrect", ""}  # one rollout was judged in part
