"""The sentences that the scripts of the label and adjudication pages say."""

from __future__ import annotations

from django import template
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()


@register.simple_tag
def page_texts() -> SafeString:
    """``%x`` are places: n a step, i an item, w why."""
    texts = {
        "saving": _("saving…"),
        "saved": _("saved"),
        "sending": _("sending…"),
        "local": _("kept in this browser"),
        "done": _("of"),
        "waiting": _("submission(s) waiting to be sent"),
        "locked": _("Submitted: take it back (u) to change it."),
        "over": _("This one was not accepted: Enter takes the next item."),
        "noundo": _("There is nothing to take back."),
        "login": _("You are logged out. Your work is kept in this browser."),
        "notyet": _("Not submitted: step %n is not finished."),
        "pick": _("Choose a verdict for this step."),
        "pickvalue": _("Choose the true value."),
        "why": _("Say why you are unsure."),
        "rulewhy": _("Say why the rules table does not hold here, or change a value."),
        "lease": _("Your hold on this item has ended; somebody else may have it now."),
        "refused": _("Your submission of %i was not accepted: %w."),
        "nowhy": _("the server gave no reason"),
        "unsent": _("Not sent: no connection. Try again."),
    }
    return json_script(texts, "texts")
