"""Opening the address of a form."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import Client

from annotation.people.roles import Role
from config.post_only import page_above
from tests.browser import seed

pytestmark = pytest.mark.django_db
BROWSER = "text/html,application/xhtml+xml;q=0.9"


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/training/runs/7/cancel/", "/training/runs/7/"),
        ("/training/disagreements/bulk/", "/training/disagreements/"),
    ],
)
def test_a_browser_that_opens_a_forms_address_is_led_to_its_page(
    client: Client, address: str, page: str
) -> None:
    client.force_login(seed.person_seed("ada", Role.ADMIN))
    answer = client.get(address, headers={"accept": BROWSER})
    assert (answer.status_code, answer.headers["Location"]) == (302, page)


def test_a_program_still_hears_that_the_method_is_wrong(client: Client) -> None:
    client.force_login(seed.person_seed("ada", Role.ADMIN))
    assert client.get("/training/runs/7/cancel/").status_code == 405
    assert (
        client.put("/training/runs/7/cancel/", headers={"accept": BROWSER}).status_code == 405
    )


def test_an_address_without_a_page_above_leads_home() -> None:
    assert page_above("/nothing/of/ours/") == "/"


def test_no_heading_of_a_table_is_empty() -> None:
    empty = re.compile(r"<th[^>]*></th>")
    pages = (settings.BASE_DIR / "templates").rglob("*.html")
    assert [page.name for page in pages if empty.search(page.read_text())] == []
