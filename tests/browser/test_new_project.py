"""From a file to the first pairs in a browser, by the keyboard, without a shell."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from annotation.models import Pair
from annotation.pairs.jobs import import_job_run
from annotation.pairs.tasks import import_job_start
from tests.browser.seed_import import CATALOGUES

pytestmark = pytest.mark.browser
LogIn = Callable[[User], None]


@pytest.fixture(autouse=True)
def _worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bulk worker's work is done when its message is sent."""
    monkeypatch.setattr(import_job_start, "delay", lambda pk: import_job_run(job_id=pk))


def upload(page: Page, name: str, *files: Path) -> None:
    page.goto("/")
    page.get_by_role("link", name="New project").first.press("Enter")
    page.get_by_label("Name", exact=True).press_sequentially(name)
    page.get_by_label("File", exact=True).set_input_files(files)
    page.get_by_role("button", name="Upload and look at it").press("Enter")
    page.wait_for_url("**/import/**")


def choose(page: Page, column: str, meaning: str) -> None:
    """By the keyboard; the page shows then how the first pairs are read."""
    field = page.get_by_label(f"What {column} is", exact=True)
    field.focus()
    with page.expect_response("**/plan/"):
        field.select_option(label=meaning)
    expect(field).to_be_focused()


def checked_and_imported(page: Page, rows: int) -> None:
    page.get_by_role("button", name="Check the whole file").press("Enter")
    page.get_by_role("button", name=f"Import {rows} rows").press("Enter")
    expect(page.get_by_role("heading", name="Imported")).to_be_visible()


def test_a_garden_shop_s_table_becomes_pairs_and_its_faulty_row_is_named(
    page: Page, log_in: LogIn, lead: User
) -> None:
    log_in(lead)
    upload(page, "Garden shop", CATALOGUES / "garden.csv")
    expect(page.get_by_label("What Search term is")).to_have_value("query")
    # A person knows better than the guess, and sees at once what comes of it.
    choose(page, "Article", "leave it out")
    expect(page.get_by_role("alert")).to_contain_text("Say which column is the product's title")
    choose(page, "Article", "the product's title")
    choose(page, "Brand", "leave it out")
    first = page.locator(".first-pair").first
    expect(first).to_contain_text("Hedge trimmer 18V 50 cm")
    expect(first).not_to_contain_text("Fenwald")
    page.get_by_label("related area").select_option(label="2 Mismatch")
    page.get_by_role("button", name="Check the whole file").press("Enter")
    expect(page.get_by_role("row", name="22 the title is missing")).to_be_visible()
    assert not Pair.objects.exists()
    page.get_by_role("button", name="Import 20 rows").press("Enter")
    expect(page.get_by_role("heading", name="Imported")).to_be_visible()
    expect(page.get_by_text("Watering can 10 l")).to_be_visible()
    expect(page.get_by_role("heading", name="Who writes the first")).to_be_visible()
    tiers = Pair.objects.order_by("pk").values_list("gold", flat=True)
    assert [gold["5"] for gold in tiers] == ["4", "3", "2", "1"] * 5
    page.get_by_role("link", name="See all pairs").press("Enter")
    expect(page.get_by_text("20 pairs")).to_be_visible()


def test_a_chinese_table_is_read_without_a_word_of_english(
    page: Page, log_in: LogIn, lead: User
) -> None:
    log_in(lead)
    upload(page, "厨房商店", CATALOGUES / "kitchen.csv")
    expect(page.get_by_label("Language of the rows")).to_have_value("zh")
    checked_and_imported(page, 8)
    pair = Pair.objects.select_related("product").earliest("pk")
    assert (pair.query, pair.locale, pair.gold) == ("不粘平底锅 28厘米", "zh", {"5": "4"})
    assert pair.product.attributes == [
        ["直径", "28厘米"],
        ["材质", "铝合金"],
        ["品牌", "禾木"],
    ]


def test_judgments_are_known_by_their_columns_and_ask_for_their_products(
    page: Page, log_in: LogIn, engineer: User, tmp_path: Path
) -> None:
    ratings, products = tmp_path / "ratings.csv", tmp_path / "products.jsonl"
    ratings.write_text("query,docid,rating\nred rake,1,0\nred rake,2,2\n")
    titles = {"1": "Garden hose", "2": "Leaf rake, red"}
    lines = (json.dumps({"id": number, "title": title}) for number, title in titles.items())
    products.write_text("\n".join(lines))
    log_in(engineer)
    upload(page, "Judged shop", ratings)
    expect(page.get_by_label("We read it as")).to_have_value("quepid")
    expect(page.get_by_role("alert")).to_contain_text("needs products")
    page.get_by_label("File", exact=True).set_input_files(products)
    page.get_by_role("button", name="Add the file").press("Enter")
    page.get_by_label("2", exact=True).select_option(label="4 Excellent")
    expect(page.get_by_text("Leaf rake, red")).to_be_visible()
    checked_and_imported(page, 2)
    assert [pair.gold for pair in Pair.objects.order_by("pk")] == [{"5": "1"}, {"5": "4"}]


def test_a_name_that_is_taken_is_refused_beside_its_field(
    page: Page, log_in: LogIn, lead: User
) -> None:
    log_in(lead)
    for _ in range(2):
        page.goto("/projects/new/")
        page.get_by_label("Name", exact=True).fill("Garden shop")
        page.get_by_label("File", exact=True).set_input_files(CATALOGUES / "garden.csv")
        page.get_by_role("button", name="Upload and look at it").press("Enter")
    beside = page.locator(".field", has=page.get_by_label("Name", exact=True))
    expect(beside.get_by_role("alert")).to_contain_text("already a project by this name")
