from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Page, expect

from annotation.models import Assignment, Project, QueueItem, StepLabel, Submission
from tests.browser import seed

pytestmark = pytest.mark.browser
LogIn = Callable[[User], None]


def ready(page: Page) -> None:
    page.locator("#label-form[data-ready]").wait_for()


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def labels_of(item: QueueItem) -> dict[int, tuple[str, str]]:
    labels = StepLabel.objects.filter(item=item, submission__undone_at=None)
    return {label.kind: (label.verdict, label.value) for label in labels}


def test_an_annotator_labels_a_rollout_by_keyboard_only(
    page: Page, log_in: LogIn, annotator: User, project: Project
) -> None:
    item = seed.item_seed(project, seed.HEADPHONES)
    log_in(annotator)
    page.goto("/label/")
    ready(page)
    press(page, "1", "1", "1")  # steps 1 to 3 are right
    press(page, "e")  # step 4: none of the asked attributes holds, the model says all
    expect(page.locator("#step-4")).to_have_attribute("data-state", "incorrect")
    press(page, "q")  # step 5: tier 4 contradicts the rules table now
    expect(page.locator("[data-rule-warning]")).to_contain_text("give tier 2")
    press(page, "Enter")
    assert not Submission.objects.exists()
    expect(page.locator("[name=reason-5]")).to_be_focused()
    press(page, "Escape", "e", "Enter")  # tier 2
    expect(page.get_by_role("heading", name="The queue is empty")).to_be_visible()
    receipt = Submission.objects.get()
    expect(page.locator("#receipt")).to_contain_text(f"Receipt {receipt.pk}")
    assert labels_of(item) == {
        1: ("correct", ""),
        2: ("correct", ""),
        3: ("correct", "match"),
        4: ("incorrect", "none"),
        5: ("incorrect", "2"),
    }
    assert StepLabel.objects.get(item=item, kind=5).hint_shown
    page.locator("[data-empty][data-ready]").wait_for()
    press(page, "u")
    ready(page)
    receipt.refresh_from_db()
    assert receipt.undone_at is not None


def test_unsure_asks_for_a_reason_and_ctrl_enter_submits_from_the_text_field(
    page: Page, log_in: LogIn, annotator: User, project: Project
) -> None:
    item = seed.item_seed(project, seed.TRIPOD)
    log_in(annotator)
    page.goto("/label/")
    ready(page)
    press(page, "1", "1", "1", "1", "3")
    page.keyboard.type("the product text does not say")
    press(page, "Control+Enter")
    expect(page.locator("#receipt")).to_be_visible()
    final = StepLabel.objects.get(item=item, kind=5)
    assert (final.verdict, final.reason) == ("unsure", "the product text does not say")


def test_a_draft_survives_a_reload(
    page: Page, log_in: LogIn, annotator: User, project: Project
) -> None:
    seed.item_seed(project, seed.KETTLE)
    log_in(annotator)
    page.goto("/label/")
    ready(page)
    press(page, "1", "2", "w")
    expect(page.locator("#saved")).to_contain_text("saved")
    page.evaluate("localStorage.clear()")  # the server's copy alone must do
    page.reload()
    ready(page)
    expect(page.locator("#step-1")).to_have_attribute("data-state", "correct")
    expect(page.locator("#step-2")).to_have_attribute("data-state", "incorrect")
    expect(page.locator("#step-3 input[value=related]")).to_be_checked()
    assert Assignment.objects.get().draft["3"]["value"] == "related"
    assert not StepLabel.objects.exists()


def test_what_was_marked_is_kept_when_the_item_is_put_off(
    page: Page, log_in: LogIn, annotator: User, project: Project
) -> None:
    seed.item_seed(project, seed.KETTLE)
    log_in(annotator)
    page.goto("/label/")
    ready(page)
    press(page, "2", "s", "2")
    press(page, "Control+Enter")  # at once, before the draft is saved by itself
    expect(page.get_by_text("Skipped.")).to_be_visible()
    ready(page)
    expect(page.locator("#step-1")).to_have_attribute("data-state", "incorrect")
    assert Assignment.objects.count() == 2


def test_what_was_marked_is_kept_when_the_page_is_left(
    page: Page, log_in: LogIn, annotator: User, project: Project
) -> None:
    seed.item_seed(project, seed.KETTLE)
    log_in(annotator)
    page.goto("/label/")
    ready(page)
    press(page, "2")
    page.goto("/progress/")
    page.goto("/label/")
    ready(page)
    expect(page.locator("#step-1")).to_have_attribute("data-state", "incorrect")


def test_a_submit_without_connection_is_sent_once_when_it_is_back(
    page: Page, context: BrowserContext, log_in: LogIn, annotator: User, project: Project
) -> None:
    item = seed.item_seed(project, seed.KETTLE)
    log_in(annotator)
    page.goto("/label/")
    ready(page)
    context.set_offline(True)
    press(page, "1", "1", "1", "1", "1", "Enter")
    expect(page.locator("#banner")).to_contain_text("1 submission(s) waiting")
    assert not Submission.objects.exists()
    context.set_offline(False)
    expect(page.locator("#receipt")).to_be_visible()
    assert Submission.objects.count() == 1
    assert labels_of(item)[5] == ("correct", "4")


def test_work_is_kept_when_the_session_has_ended(
    page: Page, context: BrowserContext, log_in: LogIn, annotator: User, project: Project
) -> None:
    seed.item_seed(project, seed.KETTLE)
    log_in(annotator)
    page.goto("/label/")
    ready(page)
    context.clear_cookies(name="sessionid")
    press(page, "1", "1", "1", "1", "1", "Enter")
    banner = page.locator("#banner")
    expect(banner).to_contain_text("You are logged out")
    with context.expect_page() as opened:
        banner.get_by_role("link", name="Log in again").click()
    other = opened.value
    other.get_by_label("Name").fill("ann")
    other.get_by_label("Password").fill(seed.PASSWORD)
    other.keyboard.press("Enter")
    other.wait_for_url(lambda url: "/login/" not in url)
    other.close()
    if banner.is_visible():
        banner.get_by_role("button", name="Send now").click()
    expect(page.locator("#receipt")).to_be_visible()
    assert Submission.objects.count() == 1


def test_two_windows_on_one_draft_show_both_versions(
    page: Page, context: BrowserContext, log_in: LogIn, annotator: User, project: Project
) -> None:
    seed.item_seed(project, seed.KETTLE)
    log_in(annotator)
    page.goto("/label/")
    ready(page)
    Assignment.objects.update(draft={"1": {"verdict": "unsure"}}, draft_version=7)
    press(page, "1")
    dialog = page.locator("#conflict")
    expect(dialog).to_contain_text("unsure")
    dialog.get_by_role("button", name="Use this window's").click()
    expect(page.locator("#saved")).to_contain_text("saved")
    assert Assignment.objects.get().draft["1"]["verdict"] == "correct"


def test_an_item_is_skipped_with_a_reason_by_keyboard(
    page: Page, log_in: LogIn, annotator: User, project: Project
) -> None:
    item = seed.item_seed(project, seed.KETTLE)
    log_in(annotator)
    page.goto("/label/")
    ready(page)
    press(page, "s", "3")
    page.keyboard.type("the product page is a test entry")
    press(page, "Control+Enter")
    expect(page.get_by_text("Skipped.")).to_be_visible()
    item.refresh_from_db()
    assert item.state == QueueItem.State.DROPPED


def test_a_malformed_rollout_shows_its_raw_text_and_why_it_does_not_parse(
    page: Page, log_in: LogIn, annotator: User, project: Project
) -> None:
    broken = seed.cot(seed.KETTLE).replace("attribute: all", "all of them")
    item = seed.item_seed(project, seed.KETTLE, text=broken)
    log_in(annotator)
    page.goto("/label/")
    ready(page)
    expect(page.get_by_text("The model did not keep the format.")).to_be_visible()
    expect(page.locator("#step-4")).to_contain_text("step missing")
    press(page, "1", "1", "1", "q", "1", "Enter")
    expect(page.locator("#receipt")).to_be_visible()
    assert labels_of(item)[4] == ("incorrect", "all")


def test_a_comment_keeps_the_words_that_were_selected(
    page: Page, log_in: LogIn, annotator: User, project: Project
) -> None:
    item = seed.item_seed(project, seed.HEADPHONES)
    log_in(annotator)
    page.goto("/label/")
    ready(page)
    press(page, "1", "1", "1")
    page.locator("#step-4 .ln", has_text="as asked").evaluate(
        """line => getSelection().setBaseAndExtent(line.firstChild, 18, line.firstChild, 24)"""
    )
    press(page, "c")
    page.keyboard.type("the opposite was asked")
    expect(page.locator("[name=comment_quote-4]")).to_have_value("active")
    press(page, "Escape", "e", "e", "Enter")
    expect(page.locator("#receipt")).to_be_visible()
    label = StepLabel.objects.get(item=item, kind=4)
    text = item.rollout.steps.get(kind=4).text
    assert text[label.comment_start : label.comment_end] == "active"
    assert label.comment == "the opposite was asked"


def test_a_refused_submission_is_named_by_its_item_and_kept_until_it_is_removed(
    page: Page, log_in: LogIn, annotator: User, project: Project
) -> None:
    seed.item_seed(project, seed.KETTLE)
    log_in(annotator)
    page.goto("/label/")
    ready(page)
    press(page, "1", "1", "1", "1", "1")
    QueueItem.objects.update(state=QueueItem.State.DROPPED)
    press(page, "Enter")
    banner = page.locator("#banner")
    refusal = "Your submission of “gooseneck kettle 1 litre matte black” · Brewline"
    expect(banner).to_contain_text(refusal)
    expect(banner).to_contain_text("this item was closed meanwhile")
    press(page, "1")  # what was refused cannot be changed, and the page says so
    expect(page.locator("#saved")).to_contain_text("This one was not accepted")
    press(page, "Enter")
    expect(page.get_by_role("heading", name="The queue is empty")).to_be_visible()
    expect(banner).to_contain_text(refusal)
    banner.get_by_role("button", name="Remove that submission").click()
    expect(banner).to_be_hidden()
    page.reload()
    expect(banner).to_be_hidden()
    assert not Submission.objects.exists()
