"""The Simplified Chinese catalogue is complete, and the switch leads to it."""

from __future__ import annotations

import re

import polib
import pytest
from django.test import Client
from django.utils.translation import gettext, override

from annotation.cot.step_names import VALUE_NAMES
from annotation.people.roles import Role
from tests.browser import seed
from tests.languages.sources import ROOT, messages, python_messages, template_messages

FOLDER = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES"
CURE = "run `make messages`, then translate"
_PLACE = re.compile(r"%\(\w+\)s|%%\w|%[a-z]\b")


def catalogue(name: str) -> dict[tuple[str | None, str], polib.POEntry]:
    read = polib.mofile if name.endswith(".mo") else polib.pofile
    return {(entry.msgctxt, entry.msgid): entry for entry in read(str(FOLDER / name))}


def translations(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_no_text_is_untranslated() -> None:
    known = catalogue("django.po")
    missing = {
        f"{path}: {message[1]}"
        for message, path in messages().items()
        if message not in known
        or "fuzzy" in known[message].flags
        or not all(translations(known[message]))
    }
    assert missing == set(), CURE


def test_every_place_in_a_text_is_kept_in_its_translation() -> None:
    for entry in catalogue("django.po").values():
        wanted = {*_PLACE.findall(entry.msgid), *_PLACE.findall(entry.msgid_plural)}
        for text in translations(entry):
            assert set(_PLACE.findall(text)) == wanted, entry.msgid


def test_the_compiled_catalogue_says_the_same_as_its_source() -> None:
    source, compiled = catalogue("django.po"), catalogue("django.mo")
    assert {k: translations(e) for k, e in source.items()} == {
        k: translations(e) for k, e in compiled.items()
    }, CURE


def test_texts_are_found_in_python_and_in_templates() -> None:
    assert list(python_messages('x = _("one " "text") + plain("no")')) == [(None, "one text")]
    template = """{% load i18n %}
    {% translate "a (b) c" %}{% translate "split" context "labels" %}
    {% blocktranslate count n=n %}{{ n }} day{% plural %}{{ n }} days{% endblocktranslate %}"""
    assert list(template_messages(template)) == [
        (None, "a (b) c"), ("labels", "split"), (None, "%(n)s day"),
    ]  # fmt: skip


def test_a_short_word_is_translated_by_what_it_is_of() -> None:
    with override("zh-hans"):
        assert [gettext("all"), gettext("none")] == ["全部", "无"]
        shown = [str(VALUE_NAMES[value]) for value in ("all", "none")]
        assert shown == ["全部满足", "均不满足"]


@pytest.mark.django_db
def test_the_switch_leads_to_the_same_page_in_chinese_and_back(client: Client) -> None:
    seed.item_seed(seed.project_seed(), seed.KETTLE)
    client.force_login(seed.person_seed("ann", Role.ANNOTATOR))
    form = {"language": "zh-hans", "next": "/label/?project=demo"}
    page = client.post("/i18n/setlang/", form, follow=True)
    assert page.request["PATH_INFO"] == "/label/"
    text = page.content.decode()
    assert '<html lang="zh-hans">' in text
    assert "类目匹配" in text
    assert "Category match" not in text
    assert ">English</button>" in text
    page = client.post("/i18n/setlang/", form | {"language": "en"}, follow=True)
    assert "Category match" in page.content.decode()
