"""Enter and Undo can be trusted: nothing is changed, dropped or refused without a word."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, Response, expect

from annotation.models import Assignment, Project, QueueItem, StepLabel, Submission
from tests.browser import seed
from tests.browser.test_label_page import labels_of, press, ready

pytestmark = pytest.mark.browser
RIGHT = ("1", "1", "1", "1", "1")
AGAINST_THE_TABLE = ("1", "1", "1", "e", "q")  # step 4: none; step 5: 4, where the table has 2


def state(page: Page, kind: int) -> str | None:
    return page.locator(f"#step-{kind}").get_attribute("data-state")


def saves(kind: int) -> Callable[[Response], bool]:
    """A draft is stored in which the step is marked."""

    def stored(answer: Response) -> bool:
        marks = answer.request.post_data or ""
        return answer.ok and answer.url.endswith("/draft/") and f"verdict-{kind}=" in marks

    return stored


def shows(page: Page, item: QueueItem) -> None:
    expect(
        page.locator(f"form[action$='/{item.assignments.get().pk}/submit/']")
    ).to_be_visible()


def test_undo_brings_back_a_change_that_was_submitted_before_it_was_saved(
    page: Page, working: QueueItem, project: Project
) -> None:
    seed.item_seed(project, seed.KETTLE)
    press(page, *RIGHT)
    expect(page.locator("#saved")).to_contain_text("saved")
    press(page, "k", "k", "k", "k", "2", "Enter")
    expect(page.locator("#receipt")).to_contain_text("You can take it back for 15 seconds.")
    ready(page)
    press(page, "2", "u")  # the draft of the next item is saved on the way
    expect(page.get_by_text("The item is yours again, as you submitted it.")).to_be_visible()
    ready(page)
    shows(page, working)
    assert [state(page, kind) for kind in range(1, 6)] == ["incorrect"] + ["correct"] * 4
    press(page, "Enter")
    page.wait_for_url(lambda url: "receipt=" in url)
    assert labels_of(working)[1] == ("incorrect", "")


def test_undo_of_what_was_submitted_at_once_brings_back_all_five_steps(
    page: Page, working: QueueItem
) -> None:
    page.route("**/draft/", lambda route: route.abort())
    press(page, *RIGHT, "Enter")
    page.locator("[data-empty][data-ready]").wait_for()
    press(page, "u")
    ready(page)
    assert [state(page, kind) for kind in range(1, 6)] == ["correct"] * 5
    press(page, "Enter")
    expect(page.locator("#receipt")).to_be_visible()
    assert labels_of(working)[5] == ("correct", "4")


def test_a_refused_submission_does_not_block_the_next_item(
    page: Page, working: QueueItem, project: Project
) -> None:
    following = seed.item_seed(project, seed.KETTLE)
    press(page, *RIGHT)
    QueueItem.objects.filter(pk=working.pk).update(state=QueueItem.State.DROPPED)
    press(page, "Enter")
    banner = page.locator("#banner")
    expect(banner).to_contain_text("wireless headphones without noise cancelling")
    press(page, "Enter")
    page.wait_for_url("**/label/")
    ready(page)
    expect(banner).to_contain_text("wireless headphones without noise cancelling")
    press(page, *RIGHT, "Enter")
    expect(page.locator("#receipt")).to_be_visible()
    assert labels_of(following)[5] == ("correct", "4")


def test_an_item_sent_from_another_tab_is_no_error(
    page: Page, context: BrowserContext, working: QueueItem, project: Project
) -> None:
    following = seed.item_seed(project, seed.KETTLE)
    other = context.new_page()
    other.goto("/label/")
    ready(other)
    press(other, *RIGHT, "Enter")
    other.wait_for_url(lambda url: "receipt=" in url)
    receipt = Submission.objects.get()
    press(page, "1", "1", "1", "1", "1", "Enter")
    expect(
        page.get_by_text(f"you submitted this item before: receipt {receipt.pk}")
    ).to_be_visible()
    ready(page)
    expect(page.locator("#banner")).to_be_hidden()
    press(page, *RIGHT, "Enter")
    page.wait_for_url(lambda url: "receipt=" in url and f"receipt={receipt.pk}" not in url)
    assert labels_of(following)[5] == ("correct", "4")


def test_a_form_that_waits_is_locked_until_it_is_taken_back(
    page: Page, context: BrowserContext, working: QueueItem
) -> None:
    context.set_offline(True)
    press(page, *RIGHT, "Enter")
    banner = page.locator("#banner")
    expect(banner).to_contain_text("1 submission(s) waiting")
    press(page, "k", "2")
    expect(page.locator("#saved")).to_contain_text("take it back (u) to change it")
    assert state(page, 5) == "correct"
    press(page, "s")
    expect(page.locator("#skip")).to_be_hidden()
    press(page, "u")
    expect(banner).to_be_hidden()
    press(page, "e")  # the last step is active again: tier 2
    press(page, "k", "e", "Enter")
    expect(banner).to_contain_text("1 submission(s) waiting")
    context.set_offline(False)
    expect(page.locator("#receipt")).to_be_visible()
    assert Submission.objects.count() == 1
    assert labels_of(working)[5] == ("incorrect", "2")


def test_a_form_that_waits_is_still_locked_after_a_reload(
    page: Page, working: QueueItem
) -> None:
    page.route("**/submit/", lambda route: route.fulfill(status=503))
    page.route("**/draft/", lambda route: route.abort())
    press(page, *RIGHT, "Enter")
    banner = page.locator("#banner")
    expect(banner).to_contain_text("1 submission(s) waiting")
    page.reload()
    ready(page)
    expect(banner).to_contain_text("1 submission(s) waiting")
    assert state(page, 5) == "correct"
    press(page, "2")
    assert state(page, 1) == "correct"
    page.unroute("**/submit/")
    banner.get_by_role("button", name="Send now").click()
    expect(page.locator("#receipt")).to_be_visible()
    assert labels_of(working)[1] == ("correct", "")


def test_a_wrong_reasoning_with_the_right_value_is_two_keys(
    page: Page, working: QueueItem
) -> None:
    press(page, "1", "1", "2", "q")
    expect(page.locator("#step-3 .mixed")).to_be_visible()
    press(page, "1", "1", "Enter")
    expect(page.locator("#receipt")).to_be_visible()
    assert labels_of(working)[3] == ("incorrect", "match")


@pytest.mark.parametrize(
    ("keys", "verdict", "value"),
    [
        (("1",), "correct", "match"),
        (("q",), "correct", "match"),  # the value alone implies its verdict
        (("w",), "incorrect", "related"),
        (("w", "k", "q"), "correct", "match"),  # a slip: the verdict was implied
        (("1", "k", "w"), "incorrect", "related"),  # another value cannot be correct
        (("1", "k", "2"), "incorrect", ""),  # the value was implied and goes with its verdict
        (("q", "k", "2"), "incorrect", "match"),  # the value was chosen and stays
        (("2", "w", "k", "1"), "correct", "match"),
    ],
)
def test_verdict_and_value_follow_each_other_only_where_nothing_was_chosen(
    page: Page, working: QueueItem, keys: tuple[str, ...], verdict: str, value: str
) -> None:
    press(page, "j", "j", *keys)
    expect(page.locator("#step-3")).to_have_attribute("data-state", verdict)
    checked = page.locator("#step-3 .opt.value input:checked")
    if value:
        expect(checked).to_have_value(value)
    else:
        expect(checked).to_have_count(0)


def test_the_reason_against_the_rules_table_is_asked_for_in_the_warning(
    page: Page, working: QueueItem
) -> None:
    press(page, *AGAINST_THE_TABLE)
    asking = page.locator("#step-5 [data-ask]")
    expect(asking).to_contain_text("give tier 2. Change a value, or give a reason:")
    full = page.locator(".dots i:not([data-state='']):not([data-state=begun])")
    expect(page.locator("#done-count")).to_have_text("4 of 5")
    expect(full).to_have_count(4)
    press(page, "Enter")
    expect(asking.locator("textarea")).to_be_focused()
    expect(page.locator("#step-5 [data-client-error]")).to_contain_text("Say why")
    expect(page.locator("#saved")).to_have_text("Not submitted: step 5 is not finished.")
    press(page, "Control+Enter")
    expect(page.locator("#saved")).to_have_text("Not submitted: step 5 is not finished.")
    page.keyboard.type("the exclusion means the wired mode")
    expect(page.locator("#done-count")).to_have_text("5 of 5")
    expect(full).to_have_count(5)
    press(page, "Control+Enter")
    expect(page.locator("#receipt")).to_be_visible()
    final = StepLabel.objects.get(item=working, kind=5)
    assert (final.value, final.reason) == ("4", "the exclusion means the wired mode")


def test_enter_on_an_unfinished_form_says_which_step_is_missing(
    page: Page, working: QueueItem
) -> None:
    press(page, "1", "1", "Enter")
    expect(page.locator("#saved")).to_have_text("Not submitted: step 3 is not finished.")
    expect(page.locator("#step-3 [data-client-error]")).to_have_text(
        "Choose a verdict for this step."
    )
    press(page, "u")
    expect(page.locator("#saved")).to_have_text("There is nothing to take back.")


def test_equal_drafts_are_no_conflict(page: Page, working: QueueItem) -> None:
    press(page, "1")
    expect(page.locator("#saved")).to_contain_text("saved")
    stored = Assignment.objects.get()
    # Saved by this window on its way out, after the page was loaded: keys in another order.
    draft = {
        "active_ms": 5, "2": {"value": "", "verdict": "incorrect", "reason": ""},
        "1": {"comment": "", "verdict": "correct"},
    }  # fmt: skip
    Assignment.objects.update(draft=draft, draft_version=stored.draft_version + 1)
    press(page, "2")
    expect(page.locator("#saved")).to_contain_text("saved")
    expect(page.locator("#conflict")).to_be_hidden()
    with page.expect_response(saves(3)):
        press(page, "1")
    stored.refresh_from_db()
    assert {kind: stored.draft[kind]["verdict"] for kind in "123"} == {
        "1": "correct", "2": "incorrect", "3": "correct",
    }  # fmt: skip


def test_a_reload_right_after_a_key_is_no_conflict(page: Page, working: QueueItem) -> None:
    for keys in (("1",), ("2",), ("1", "1")):
        press(page, *keys)
        page.reload()
        ready(page)
    with page.expect_response(saves(5)):
        press(page, "1")
    expect(page.locator("#conflict")).to_be_hidden()
    draft = Assignment.objects.get().draft
    wrong = [kind for kind in "12345" if draft[kind]["verdict"] == "incorrect"]
    assert wrong == ["2"]


def test_taking_back_too_late_is_said_on_the_page(page: Page, working: QueueItem) -> None:
    press(page, *RIGHT, "Enter")
    page.locator("[data-empty][data-ready]").wait_for()
    QueueItem.objects.update(state=QueueItem.State.RESOLVED, closed_at=timezone.now())
    press(page, "u")
    expect(page.get_by_text("Not undone: this item was decided meanwhile")).to_be_visible()
