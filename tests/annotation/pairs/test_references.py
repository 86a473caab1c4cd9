"""A product has its project and a pair a product of its own project, whoever writes at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from time import monotonic, sleep

import pytest
from django.core.management.base import CommandError
from django.db import IntegrityError, connection, connections, transaction

from annotation.models import Pair, Product, Project
from tests.factories import make_pair, make_project


def sql(statement: str, *values: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def remove_product(number: int) -> None:
    sql("DELETE FROM annotation_product WHERE id = %s", number)


def remove_project(number: int) -> None:
    sql("DELETE FROM annotation_project WHERE id = %s", number)


def lone_product(project: Project) -> Product:
    return Product.objects.create(project=project, content_hash="h", title="Shoe")


def pair_of(product: Product) -> Pair:
    return Pair(product=product, project_id=product.project_id, query="q", content_hash="h")


@contextmanager
def checked() -> Iterator[None]:
    with transaction.atomic():
        yield
        connection.check_constraints()


@contextmanager
def refused(key: str) -> Iterator[None]:
    """Keys are looked at when the transaction ends, so that rows can come in any order."""
    with pytest.raises(IntegrityError, match=key), checked():
        yield


PAIR_KEY, PRODUCT_KEY = "pair_of_project", "annotation_product_project_id"


@pytest.mark.django_db
def test_a_pair_cannot_have_the_product_of_another_project() -> None:
    pair, other = make_pair(make_project()), make_project()
    for move in ({"project": other}, {"product": lone_product(other)}):
        with refused(PAIR_KEY):
            Pair.objects.filter(pk=pair.pk).update(**move)
    with refused(PAIR_KEY):
        Pair(product=pair.product, project=other, query="q", content_hash="h").save()


@pytest.mark.django_db
def test_one_wrong_row_of_many_is_enough() -> None:
    project = make_project()
    right = [Product(project=project, content_hash=str(n), title="Shoe") for n in range(20)]
    wrong = Product(project_id=project.pk + 1, content_hash="h", title="Shoe")
    with refused(PRODUCT_KEY):
        Product.objects.bulk_create([*right, wrong])
    assert not Product.objects.exists()


@pytest.mark.django_db
def test_what_others_hang_on_is_not_removed() -> None:
    pair = make_pair(make_project())
    with refused(PAIR_KEY):
        remove_product(pair.product_id)
    project = Project.objects.create(name="P", slug="p")
    product = lone_product(project)
    with refused(PRODUCT_KEY):
        remove_project(project.pk)
    assert set(Product.objects.all()) == {pair.product, product}


@pytest.mark.django_db
def test_a_product_without_pairs_and_a_project_without_can_go() -> None:
    pair = make_pair(make_project())
    lone_product(pair.project).delete()
    assert Product.objects.get() == pair.product
    pair.delete()
    pair.project.delete()
    assert not Product.objects.exists()


@pytest.mark.django_db
def test_a_product_with_pairs_stays_in_its_project_but_can_be_saved() -> None:
    product = lone_product(make_project())
    product.title = "Boot"
    product.save()
    make_pair(product.project, product=product)
    product.project = make_project()
    with refused(PAIR_KEY):
        product.save()


@pytest.fixture
def beside() -> Iterator[Callable[..., Future[None]]]:
    """Runs a call in a thread with its own connection and waits until a lock holds it up."""

    def run(call: Callable[..., None], number: int) -> None:
        try:
            call(number)
        finally:
            connections.close_all()

    def start(call: Callable[..., None], number: int) -> Future[None]:
        going = pool.submit(run, call, number)
        end = monotonic() + 20
        while not waiting() and monotonic() < end:
            sleep(0.01)
        assert waiting(), "nothing waits"
        return going

    with ThreadPoolExecutor(1) as pool:
        yield start


def waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        row = cursor.fetchone()
    return bool(row and row[0])


@pytest.mark.django_db(transaction=True)
def test_who_removes_a_project_or_product_waits_for_those_who_write_below_it(
    beside: Callable[..., Future[None]],
) -> None:
    project = Project.objects.create(name="P", slug="p")
    with transaction.atomic():
        product = lone_product(project)
        connection.check_constraints()
        removal = beside(remove_project, project.pk)
    with pytest.raises(IntegrityError, match=PRODUCT_KEY):
        removal.result(20)
    with transaction.atomic():
        pair_of(product).save()
        connection.check_constraints()
        removal = beside(remove_product, product.pk)
    with pytest.raises(IntegrityError, match=PAIR_KEY):
        removal.result(20)
    assert Pair.objects.get().product.project == project


@pytest.mark.django_db(transaction=True)
def test_who_writes_below_a_project_or_product_waits_for_those_who_remove_it(
    beside: Callable[..., Future[None]],
) -> None:
    project = Project.objects.create(name="P", slug="p")
    product = lone_product(project)
    with transaction.atomic():
        remove_product(product.pk)
        writing = beside(lambda _: pair_of(product).save(), 0)
    with pytest.raises(IntegrityError, match=PAIR_KEY):
        writing.result(20)
    with transaction.atomic():
        remove_project(project.pk)
        writing = beside(lambda _: lone_product(project).pk and None, 0)
    with pytest.raises(IntegrityError, match=PRODUCT_KEY):
        writing.result(20)
    assert not Product.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("annotation_product", "of 1 rows of annotation_pair the product is not there"),
        ("annotation_project", "of 1 rows of annotation_product the project is not there"),
    ],
)
def test_an_update_that_meets_rows_without_their_parent_names_them_and_the_way_out(
    table: str, told: str
) -> None:
    migration = import_module("annotation.migrations.0020_foreign_keys")
    pair = make_pair(make_project())
    orphan = pair.pk if table == "annotation_product" else pair.product_id
    with connection.schema_editor() as editor:
        migration.orphans_refuse(None, editor)
        sql("SET LOCAL session_replication_role = replica")  # as a restore without keys does
        sql(f"DELETE FROM {table}")
        sql("SET LOCAL session_replication_role = DEFAULT")
        with pytest.raises(CommandError, match=told) as refusal:
            migration.orphans_refuse(None, editor)
        assert f"(ids {orphan})" in str(refusal.value)
        assert "docs/operations.md" in str(refusal.value)
        transaction.set_rollback(True)
