"""What services refuse is told in the language of the page; stored texts stay English."""

from __future__ import annotations

import ast

import pytest
from django.test import Client
from django.utils.translation import override

from annotation.cot.errors import Conflict, Invalid, InvalidLabels
from annotation.cot.gold import answer_errors
from annotation.cot.rules import DEFAULT_RULES, parse_rules
from annotation.cot.step_names import VALUE_NAMES
from annotation.cot.wording import Wording, wording
from annotation.labelling.queue import queue_claim
from annotation.people.language import in_words, refusal_words
from annotation.people.roles import Role
from tests.browser import seed, seed_labels
from tests.languages.sources import ROOT

# Modules whose refusals people read on pages. Import and export jobs store theirs, in English.
ROOMS = ("people", "labelling", "deciding", "quality")
SPOKEN = (
    *(path for room in ROOMS for path in sorted((ROOT / "annotation" / room).glob("*.py"))),
    ROOT / "annotation" / "exports" / "formats.py",
    *(
        path
        for room in ("disagreements", "judges", "rollouts", "rounds", "runs", "scoring")
        for path in sorted((ROOT / "training" / room).glob("*.py"))
    ),
    *sorted((ROOT / "verifier" / "services").glob("*.py")),
)
STORED = {"outside_people.py", "outside_votes.py", "rollouts.py", "submissions_import.py"}
REFUSALS = {"Invalid", "Denied", "Conflict", "ConfigError"}


def test_a_sentence_is_english_until_a_page_asks() -> None:
    sentence = wording("at most %(n)s", n=3)
    assert sentence == "at most 3"
    assert (sentence.template, sentence.values) == ("at most %(n)s", {"n": 3})
    assert wording("100 %") == "100 %"


def test_a_page_gets_the_template_translated_and_its_values_named() -> None:
    conflict = parse_rules(DEFAULT_RULES).conflict("mismatch", "all", "4")
    assert conflict == "category mismatch and attribute all give tier 1, not 4"
    with override("zh-hans"):
        assert (
            in_words(conflict)
            == "类目“不匹配”加属性“全部满足”应得等级“1 不相关”，而不是“4 高度相关”"
        )
        assert in_words("text of a person") == "text of a person"
        assert refusal_words(Conflict(wording("this item is not closed"))) == "该条目尚未关闭"


def test_each_word_of_a_list_is_named_in_the_language() -> None:
    refused = answer_errors({"3": "blue"})
    assert refused == "step 3 must be one of match, related, mismatch"
    with override("zh-hans"):
        assert in_words(str(refused)) == refused, "only a wording is put into other words"
        assert refused is not None
        told = in_words(refused)
        assert [word for word in ("match", "related", "mismatch") if word in told] == []
        assert str(VALUE_NAMES["related"]) in told


def test_refused_labels_name_each_step_in_the_language_of_the_page() -> None:
    error = InvalidLabels({4: wording("say why you are unsure"), 0: wording("judged twice")})
    assert error.message == "judged twice; step 4: say why you are unsure"
    with override("zh-hans"):
        assert refusal_words(error) == "重复判定; 4 属性匹配: 请说明为什么不确定"


def test_every_refusal_of_a_service_can_be_translated() -> None:
    bare = [
        f"{path.name}:{node.lineno}"
        for path in SPOKEN
        if path.name not in STORED
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and _is_bare(node.exc)
    ]
    assert bare == []


def _is_bare(call: ast.Call) -> bool:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    texts = (ast.Constant, ast.JoinedStr)
    return name in REFUSALS and bool(call.args) and isinstance(call.args[0], texts)


def test_the_check_sees_a_bare_sentence_where_there_is_one() -> None:
    for source, bare in (
        ('Invalid("no")', True),
        ('Invalid(f"{x}")', True),
        ('Invalid(_("no"))', False),
    ):
        statement = ast.parse(source).body[0]
        assert isinstance(statement, ast.Expr)
        assert isinstance(statement.value, ast.Call)
        assert _is_bare(statement.value) is bare


@pytest.mark.django_db
def test_a_lead_reads_a_refused_adjudication_in_chinese(client: Client) -> None:
    item = seed_labels.split_item(seed.project_seed())
    client.force_login(seed.person_seed("lea", Role.LEAD))
    form = {"value-4": "none", "cause": "annotator_error"}
    page = client.post(
        f"/adjudication/{item.pk}/", form, headers={"accept-language": "zh-hans"}
    )
    assert page.status_code == 422
    assert "还需要裁决步骤 5" in page.content.decode()
    assert "decide step" not in page.content.decode()


@pytest.mark.django_db
def test_an_annotator_reads_refused_labels_in_chinese(client: Client) -> None:
    ann = seed.person_seed("ann", Role.ANNOTATOR)
    seed.item_seed(seed.project_seed(), seed.KETTLE)
    claim = queue_claim(annotator=ann)
    assert claim is not None
    client.force_login(ann)
    form = {"client_key": "one", "verdict-1": "unsure"}
    headers = {"accept-language": "zh-hans", "hx-request": "true"}
    answer = client.post(f"/label/{claim.pk}/submit/", form, headers=headers)
    assert answer.status_code == 422
    assert "请说明为什么不确定" in answer.content.decode()


def test_a_sentence_survives_being_raised() -> None:
    with pytest.raises(Invalid) as caught:
        raise Invalid(wording("judged twice"))
    assert isinstance(caught.value.message, Wording)
