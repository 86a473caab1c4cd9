"""A stored link that leads elsewhere than to the web is never rendered."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string

from annotation.models import Product
from tests.factories import make_pair, make_project

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", " javascript:x"])
def test_a_script_that_an_earlier_version_stored_is_not_shown(link: str) -> None:
    pair = make_pair(make_project())
    Product.objects.update(image_url=link)
    pair.product.refresh_from_db()
    page = render_to_string("labelling/_pair.html", {"pair": pair})
    assert "picture" not in page
    assert link.strip() not in page


def test_a_picture_on_the_web_is_shown() -> None:
    pair = make_pair(make_project())
    Product.objects.update(image_url="https://shop.example/1.jpg")
    pair.product.refresh_from_db()
    page = render_to_string("labelling/_pair.html", {"pair": pair})
    assert 'src="https://shop.example/1.jpg"' in page
