"""A product has its project and a pair a product of its own project, whoever writes at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic, sleep

import pytest
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


@pytest.mark.django_db
def test_a_pair_cannot_have_the_product_of_another_project() -> None:
    pair, other = make_pair(make_project()), make_project()
    for move in ({"project": other}, {"product": lone_product(other)}):
        with pytest.raises(IntegrityError, match="pair_of_project"), transaction.atomic():
            Pair.objects.filter(pk=pair.pk).update(**move)
    with pytest.raises(IntegrityError, match="pair_of_project"), transaction.atomic():
        Pair(product=pair.product, project=other, query="q", content_hash="h").save()


@pytest.mark.django_db
def test_one_wrong_row_of_many_is_enough() -> None:
    project = make_project()
    right = [Product(project=project, content_hash=str(n), title="Shoe") for n in range(20)]
    wrong = Product(project_id=project.pk + 1, content_hash="h", title="Shoe")
    with pytest.raises(IntegrityError, match="product_of_project"), transaction.atomic():
        Product.objects.bulk_create([*right, wrong])
    assert not Product.objects.exists()


@pytest.mark.django_db
def test_what_others_hang_on_is_not_removed() -> None:
    pair = make_pair(make_project())
    with pytest.raises(IntegrityError, match="still has pairs"), transaction.atomic():
        remove_product(pair.product_id)
    project = Project.objects.create(name="P", slug="p")
    product = lone_product(project)
    with pytest.raises(IntegrityError, match="still has products"), transaction.atomic():
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
def test_a_product_stays_in_its_project_but_can_be_saved() -> None:
    product = lone_product(make_project())
    product.title = "Boot"
    product.save()
    product.project = make_project()
    with pytest.raises(IntegrityError, match="keeps its number"), transaction.atomic():
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
    project = make_project()
    with transaction.atomic():
        product = lone_product(project)
        removal = beside(remove_project, project.pk)
    with pytest.raises(IntegrityError, match="still has products"):
        removal.result(20)
    with transaction.atomic():
        pair_of(product).save()
        removal = beside(remove_product, product.pk)
    with pytest.raises(IntegrityError, match="still has pairs"):
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
    with pytest.raises(IntegrityError, match="no such product"):
        writing.result(20)
    with transaction.atomic():
        remove_project(project.pk)
        writing = beside(lambda _: lone_product(project).pk and None, 0)
    with pytest.raises(IntegrityError, match="no such project"):
        writing.result(20)
    assert not Product.objects.exists()
