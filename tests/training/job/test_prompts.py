"""What a model is shown of a pair, by the version that it learned with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.cot.steps import StepKind
from training.job.prompts import (
    PROMPT_VERSIONS,
    PairText,
    PromptVersion,
    Style,
    forged_rm_prompt,
    policy_prompt,
    quotes_unseen,
    rm_prompt,
)

LAMP = PairText(
    "reading  lamp",
    "Brass desk lamp",
    "Home > Lamps",
    {f"fact {n}": f"{n}" for n in range(1, 14)},
    "A small lamp\nto read by,  with a shade of linen.",
)


def test_version_1_shows_twelve_attributes_and_no_description() -> None:
    assert policy_prompt(LAMP, version="1") == (
        "query: reading lamp\ntitle: Brass desk lamp\ncategory: Home > Lamps\n"
        "fact 1: 1\nfact 2: 2\nfact 3: 3\nfact 4: 4\nfact 5: 5\nfact 6: 6\nfact 7: 7\n"
        "fact 8: 8\nfact 9: 9\nfact 10: 10\nfact 11: 11\nfact 12: 12\n---\n"
    )


def test_version_2_shows_the_description_before_eight_attributes() -> None:
    assert policy_prompt(LAMP, version="2") == (
        "query: reading lamp\ntitle: Brass desk lamp\ncategory: Home > Lamps\n"
        "description: A small lamp to read by, with a shade of linen.\n"
        "fact 1: 1\nfact 2: 2\nfact 3: 3\nfact 4: 4\nfact 5: 5\nfact 6: 6\nfact 7: 7\n"
        "fact 8: 8\n---\n"
    )


@pytest.mark.parametrize("description", ["", " \n"])
def test_a_product_without_a_description_has_no_line_for_it(description: str) -> None:
    pair = PairText("lamp", "Lamp", description=description)
    assert policy_prompt(pair, version="2") == "query: lamp\ntitle: Lamp\n---\n"


@pytest.mark.parametrize(
    ("description", "shown"),
    [
        ("a" * 100 + " " + "b" * 59 + " more", "a" * 100 + " " + "b" * 59),  # 160 to a blank
        ("a" * 100 + " " + "b" * 59, "a" * 100 + " " + "b" * 59),  # 160 to the end
        ("a" * 100 + " " + "b" * 60 + " more", "a" * 100),  # 161: the word is left out whole
        ("灯" * 200, "灯" * 160),  # no blanks between words
        ("灯 " + "光" * 200, "灯 " + "光" * 158),
    ],
)
def test_a_long_description_is_cut_at_a_words_end(description: str, shown: str) -> None:
    pair = PairText("lamp", "Lamp", description=description)
    assert policy_prompt(pair, version="2").split("\n")[2] == f"description: {shown}"


_TEXTS = st.text(max_size=90)
_PAIRS = st.builds(
    PairText,
    query=_TEXTS,
    title=_TEXTS,
    category_path=_TEXTS,
    attributes=st.dictionaries(_TEXTS, _TEXTS, max_size=15),
    description=st.text(max_size=400),
)


@given(_PAIRS)
def test_version_1_is_for_every_pair_what_it_was_before_there_were_two(pair: PairText) -> None:
    expected = f"query: {' '.join(pair.query.split())}\ntitle: {' '.join(pair.title.split())}\n"
    if pair.category_path:
        expected += f"category: {' '.join(pair.category_path.split())}\n"
    for name, value in [*pair.attributes.items()][:12]:
        expected += f"{' '.join(name.split())}: {' '.join(value.split())[:60]}\n"
    assert policy_prompt(pair, version="1") == expected + "---\n"


@given(_PAIRS)
def test_version_2_differs_in_the_description_and_the_attributes_alone(pair: PairText) -> None:
    styles: tuple[Style, ...] = ("bare", "instruct", "chat")
    for style in styles:
        few = PairText(
            pair.query, pair.title, pair.category_path, dict([*pair.attributes.items()][:8])
        )
        assert policy_prompt(few, style, version="2") == policy_prompt(few, style, version="1")
    shown = policy_prompt(pair, version="2").removesuffix("\n---\n").split("\n")
    more = [line for line in shown if line.startswith("description: ")]
    assert all(len(line) <= len("description: ") + 160 for line in more[:1])
    lines = 2 + bool(pair.category_path) + min(8, len(pair.attributes))
    assert len(shown) == lines + bool(pair.description.split())


@pytest.mark.parametrize("version", PROMPT_VERSIONS)
def test_a_reward_model_is_shown_the_pair_as_a_policy_of_its_version_is(
    version: PromptVersion,
) -> None:
    body = policy_prompt(LAMP, version=version)
    step = "## 1 query analysis\nwants a lamp"
    plain = rm_prompt(LAMP, [step], StepKind.QUERY, version=version)
    assert plain == f"{body}{step}\n## review step 1\n"
    forged = forged_rm_prompt(LAMP, [step], StepKind.QUERY, version=version)
    assert forged.startswith(f"{body}{step}\n")


@pytest.mark.parametrize(
    ("line", "unseen"),
    [
        ('title: "Oak bench"', {"1": False, "2": False}),
        ('description: "of old oak"', {"1": True, "2": False}),
        ('attribute: "name 8: value 8"', {"1": False, "2": True}),
        ('description: "never said"', {"1": False, "2": False}),  # nobody's words: not unseen
        ("description: of old oak", {"1": False, "2": False}),  # no marks: no quote
    ],
)
def test_a_quote_is_unseen_if_the_product_has_it_and_the_prompt_does_not(
    line: str, unseen: dict[PromptVersion, bool]
) -> None:
    attributes = {f"name {number}": f"value {number}" for number in range(10)}
    pair = PairText("bench", "Oak bench", "", attributes, "A bench of old oak")
    for version, expected in unseen.items():
        assert quotes_unseen(f"## 2 item analysis\n{line}\n", pair, version) is expected
