"""What a step quotes of the product, on the label page."""

from __future__ import annotations

import pytest
from django.test import Client

from annotation.models import Product
from tests.factories import (
    cot,
    make_pair,
    make_product,
    make_project,
    make_rollout,
    make_user,
    open_item,
)

pytestmark = pytest.mark.django_db


def test_the_products_own_line_stands_beside_what_a_step_quotes(client: Client) -> None:
    project = make_project()
    product = make_product(project)
    Product.objects.filter(pk=product.pk).update(
        title="Blue Shoe, left foot", attributes=[["color", "blue"]]
    )
    item = 'title: "blue shoe"\ncolor: red\nmade of: rubber\n"of rubber"'
    text = cot().replace("shoes, color blue", item)
    open_item(make_rollout(make_pair(project, product=product), text))
    client.force_login(make_user())
    page = client.get("/label/").content.decode()
    step = " ".join(page.partition('id="step-2"')[2].partition('id="step-3"')[0].split())
    assert step.count('data-quoted="yes"') == 1
    assert "<bdi>Blue Shoe, left foot</bdi>" in step
    assert step.count('data-quoted="no"') == 2, "what has no marks may be said in other words"
    assert "The product says: <bdi>color: blue</bdi>" in step
    assert "No line of the product has these words." in step
