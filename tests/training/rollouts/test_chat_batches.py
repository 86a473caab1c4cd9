from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from annotation.cot.errors import Invalid
from annotation.models import Project, QueueItem, Rollout
from annotation.models.job_run import jobs_recover
from tests.factories import make_pair, make_project
from tests.training.chat_server import chat, structured
from tests.training.speaking_server import serving
from tests.training.world import policy_make
from training.models import Checkpoint, RolloutBatch
from training.rollouts.batches import batch_run
from training.rollouts.clients import policy_client
from training.rollouts.writers import chat_writer, writer_start
from training.runs.run_config import ConfigError, config_check
from training.serving.policy_client import OnWait, SampledText, SamplingRequest

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(settings: Any, tmp_path: Path) -> Project:
    settings.RUNS_DIR = tmp_path / "runs"
    settings.POLICY_HOSTS = ["127.0.0.1"]
    return make_project()


class Killed(BaseException):
    """What a worker never survives."""


class Dying:
    """The writer whose worker is killed after two CoTs."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def sample(
        self, prompts: Sequence[Mapping[str, Any]], request: SamplingRequest, on_wait: OnWait
    ) -> Iterator[SampledText]:
        for number, sample in enumerate(self._writer.sample(prompts, request, on_wait)):
            if number == 2:
                raise Killed
            yield sample


def test_a_batch_counts_what_it_spent_and_queues_what_parses(project: Project) -> None:
    for number in range(4):
        make_pair(project, query=f"cable {number}")

    def script(body: dict[str, Any], _: int) -> tuple[int, str]:
        bad = "query: cable 3" in body["messages"][0]["content"]
        return 200, chat("no idea") if bad else structured()

    with serving(script) as server:
        out = StringIO()
        call_command("write_cots", project.slug, url=server.url, model="m", stdout=out)
    batch = RolloutBatch.objects.get()
    assert (batch.prompt_tokens, batch.completion_tokens, batch.asked_again) == (500, 100, 1)
    assert out.getvalue().startswith(
        f"batch {batch.pk}: 4 CoTs, 3 parse, 1 written twice, 600 tokens, "
    )
    assert QueueItem.objects.count() == 3
    unparsed = Rollout.objects.exclude(parse_error="").get()
    assert (unparsed.text, unparsed.prompt_version) == ("no idea", "chat-1")


def test_a_killed_workers_batch_goes_on_where_it_was_and_loses_nothing(
    project: Project,
) -> None:
    for number in range(8):
        make_pair(project, query=f"cable {number}")
    with serving(lambda body, _: (200, structured())) as server:
        writer = chat_writer(url=server.url, model="m")
        batch = writer_start(project=project, writer=writer)
        with pytest.raises(Killed):
            batch_run(batch_id=batch.pk, client=Dying(policy_client(writer, Path(), project)))
        written = set(Rollout.objects.values_list("pair__query", flat=True))
        assert len(written) == 2
        spent = RolloutBatch.objects.get()
        assert (spent.state, spent.prompt_tokens) == ("running", 200)
        RolloutBatch.objects.update(lease_expires_at=None)
        assert jobs_recover(RolloutBatch) == [batch.pk]
        server.requests.clear()
        done = batch_run(batch_id=batch.pk)
    assert done is not None
    assert (done.state, done.error, done.rollouts_done) == ("done", "", 8)
    assert done.prompt_tokens == 800
    told = [body["messages"][0]["content"] for body in server.requests]
    assert len(told) == 6
    assert not any(f"query: {query}\n" in text for query in written for text in told)


def test_a_server_is_listed_by_an_administrator_and_its_key_stays_in_the_settings(
    project: Project, settings: Any
) -> None:
    make_pair(project)
    settings.POLICY_HOSTS = []
    with serving(lambda body, _: (200, structured())) as server:
        with pytest.raises(Invalid, match="STEPWISE_POLICY_HOSTS"):
            chat_writer(url=server.url, model="m")
        settings.CHAT_URL, settings.CHAT_API_KEY = server.url, "the-secret-key"
        batch = writer_start(project=project, writer=chat_writer(url=server.url, model="m"))
        batch_run(batch_id=batch.pk)
    assert server.headers["Authorization"] == "Bearer the-secret-key"
    with connection.cursor() as cursor:
        for model in (Checkpoint, RolloutBatch, Rollout):
            cursor.execute(f"select row_to_json(t)::text from {model._meta.db_table} t")
            assert all("the-secret-key" not in row for (row,) in cursor.fetchall())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"model": " "}, "name the model"),
        ({"url": "ftp://127.0.0.1"}, "must begin with http"),
        ({"url": "http://me:pw@127.0.0.1"}, "user name or a password"),
        ({"name": "a-policy"}, "is taken"),
        ({"name": "catalogue writer"}, "is taken"),
        ({"name": "x" * 201}, "too long"),
    ],
)
def test_a_writer_that_cannot_be_is_refused_with_the_reason(
    project: Project, values: dict[str, str], message: str
) -> None:
    policy_make(name="a-policy")
    with pytest.raises(Invalid, match=message):
        chat_writer(**{"url": "http://127.0.0.1:1", "model": "m", **values})


def test_a_writer_is_nothing_to_train_from(project: Project) -> None:
    writer = chat_writer(url="http://127.0.0.1:1", model="m")
    assert str(writer) == "m at 127.0.0.1:1"
    with pytest.raises(ConfigError, match="no weights to train"):
        config_check(method="rm", policy=writer, rm=None, config={})
