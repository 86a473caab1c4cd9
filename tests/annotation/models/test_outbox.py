"""Readers that remember an id miss nothing and wait for nobody, whatever order commits take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import psycopg
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotation.deciding.resolution import item_resolve
from annotation.models import GuidelineVersion, Pair, Project, Resolution, StepLabel
from annotation.models.outbox import OUTBOXES, outbox_settled
from annotation.pairs.write import pairs_import
from annotation.people.roles import Role
from annotation.quality.guidelines import guideline_save
from config.broker import conninfo_of
from tests.api.clients import client_of
from tests.factories import make_item, make_pair, make_project, make_user, submit
from verifier.models import GroundTruth
from verifier.services.release import release_cut
from verifier.services.truth import truth_refresh

pytestmark = pytest.mark.django_db(transaction=True)
LIMIT = 30  # seconds; an upper bound for a busy machine


@contextmanager
def kept_open(work: Callable[[], object]) -> Iterator[None]:
    """``work`` has been done in a transaction of another connection that commits at the end."""
    written, go_on = Event(), Event()

    def write() -> None:
        try:
            with transaction.atomic():
                work()
                written.set()
                assert go_on.wait(LIMIT)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(write)
        try:
            while not written.wait(0.05):
                assert not writer.done(), writer.exception()
            yield
        finally:
            go_on.set()
        writer.result(LIMIT)


@contextmanager
def import_open(project: Project, path: Path) -> Iterator[None]:
    with kept_open(lambda: pairs_import(project=project, path=path)):
        yield


@pytest.fixture
def impatient() -> Iterator[None]:
    """What waits for another's lock fails instead."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")


def file_of(folder: Path, name: str, rows: int = 1) -> Path:
    path = folder / f"{name}.jsonl"
    lines = [f'{{"query": "{name} {n}", "title": "t", "tier": "4"}}\n' for n in range(rows)]
    path.write_text("".join(lines))
    return path


@pytest.mark.usefixtures("impatient")
def test_a_long_import_keeps_neither_truth_nor_launch_nor_other_imports_waiting(
    tmp_path: Path,
) -> None:
    one, other = make_project(overlap=1), make_project(overlap=1)
    item = make_item(one)
    submit(item, make_user())
    with import_open(one, file_of(tmp_path, "long", rows=5)):
        item_resolve(item=item)
        assert truth_refresh(project=one)["consensus"] == 5, "news since the import began"
        assert pairs_import(project=other, path=file_of(tmp_path, "short")).created == 1
        assert truth_refresh(project=other)["gold"] == 1
        assert release_cut(project=one).counts["5"] == {"consensus": 1}
        guideline_save(project=one, author=make_user(Role.LEAD), text="new", rules=one.rules)
    assert truth_refresh(project=one)["gold"] == 5
    assert GuidelineVersion.objects.filter(project=one, text="new").exists()


@pytest.mark.usefixtures("impatient")
def test_a_resolution_that_commits_late_becomes_truth() -> None:
    project = make_project(overlap=1)
    slow, fast = make_item(project), make_item(project)
    submit(slow, make_user())
    submit(fast, make_user())
    with kept_open(lambda: item_resolve(item=slow)):
        item_resolve(item=fast)
        truth_refresh(project=project)
    truth_refresh(project=project)
    assert GroundTruth.objects.count() == 10


def read_on(path: str, project: Project, last: int) -> list[int]:
    """As a client does: from the last id on, page after page."""
    client, url = client_of(Role.ML_ENGINEER), f"/api/v1/{path}/?project={project.slug}"
    page = client.get(f"{url}&page_size=3&after={last}").json()
    ids = [row["id"] for row in page["results"]]
    while page["next"]:
        page = client.get(page["next"]).json()
        ids += [row["id"] for row in page["results"]]
    return ids


@pytest.mark.usefixtures("impatient")
def test_labels_that_commit_late_are_read() -> None:
    project = make_project(overlap=1)
    slow, fast = make_item(project), make_item(project)
    first, second = make_user(), make_user()
    with kept_open(lambda: submit(slow, first)):
        submit(fast, second)
        seen = read_on("labels", project, 0)
    seen += read_on("labels", project, max(seen, default=0))
    assert seen == list(StepLabel.objects.order_by("pk").values_list("pk", flat=True))
    assert len(seen) == 10


@pytest.mark.usefixtures("impatient")
def test_resolutions_that_commit_late_are_read() -> None:
    project = make_project(overlap=1)
    slow, fast = make_item(project), make_item(project)
    submit(slow, make_user())
    submit(fast, make_user())
    with kept_open(lambda: item_resolve(item=slow)):
        item_resolve(item=fast)
        seen = read_on("resolutions", project, 0)
    seen += read_on("resolutions", project, max(seen, default=0))
    assert seen == list(Resolution.objects.order_by("pk").values_list("pk", flat=True))
    assert len(seen) == 10


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("path", ["pairs", "rollouts"])
def test_a_page_of_pairs_or_rollouts_ends_before_what_is_still_being_written(
    path: str,
) -> None:
    project, client = make_project(), client_of(Role.ML_ENGINEER)
    url = f"/api/v1/{path}/?project={project.slug}"
    with kept_open(lambda: make_item(project)):
        make_item(project)
        assert client.get(url).json()["results"] == []
    assert len(client.get(url).json()["results"]) == 2


@pytest.mark.parametrize("table", OUTBOXES)
def test_every_outbox_marks_its_writers_by_itself(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgname = 'outbox_mark' AND tgrelid = %s"
            "::regclass",
            [table],
        )
        assert cursor.fetchone() == (1,)


class Writer:
    """A transaction at a time on a connection of its own, as a door that nobody wrote yet."""

    def __init__(self, project: Project, product: int, declared: bool) -> None:
        self._project, self._product, self._declared = project.pk, product, declared
        self._connection = psycopg.connect(conninfo_of(connection.settings_dict))
        self._saved = False
        self.commit, self.close = self._ends("commit"), self._connection.close
        self.undo = self._ends("rollback")

    def write(self) -> None:
        if self._declared:
            sql = "select set_config('stepwise.project', %s, true)"
            self._connection.execute(sql, [str(self._project)])
        self._connection.execute(
            "insert into annotation_pair (project_id, product_id, query, query_type, locale,"
            " split, content_hash, source, gold, silver, created_at) values"
            " (%s, %s, 'q', '', 'en', 'train', gen_random_uuid(), '', '{}', '{}', now())",
            [self._project, self._product],
        )

    def save(self) -> None:
        self._connection.execute("savepoint s")
        self._saved = True

    def back(self) -> None:
        if self._saved:
            self._connection.execute("rollback to savepoint s")

    def _ends(self, how: str) -> Callable[[], None]:
        def end() -> None:
            getattr(self._connection, how)()
            self._saved = False

        return end


# Which of three writers does what; "read" is the reader's turn, whoever it names.
STEP = st.tuples(
    st.integers(0, 2), st.sampled_from(["write", "save", "back", "commit", "undo", "read"])
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=30), declared=st.booleans())
def test_whatever_the_order_of_commits_every_row_is_read_once_and_in_order(
    steps: list[tuple[int, str]], declared: bool
) -> None:
    project = make_project()
    product = make_pair(project).product_id
    seen: list[int] = []

    def read() -> None:
        rows = Pair.objects.filter(project=project, pk__gt=max(seen, default=0))
        seen.extend(outbox_settled(rows.order_by("pk"), project).values_list("pk", flat=True))

    writers = [Writer(project, product, declared) for _ in range(3)]
    try:
        for who, what in steps:
            read() if what == "read" else getattr(writers[who], what)()
        for writer in writers:
            writer.commit()
        read()
        kept = Pair.objects.filter(project=project).order_by("pk").values_list("pk", flat=True)
        assert seen == list(kept)
    finally:
        for writer in writers:
            writer.close()
