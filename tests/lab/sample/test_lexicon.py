"""The shipped lexicon is consistent; a contradiction is refused with the entry's name."""

from __future__ import annotations

import pytest

from lab.sample.lexicon import LexiconError, load_lexicon, parse_lexicon

SMALL = """
models = ["apex"]
[attributes.color]
values = ["red", "blue"]
adjective = true
suffix = ["in {}"]
says = { red = ["crimson"] }
[attributes.price]
values = ["budget"]
adjective = true
suffix = ["{}"]
[departments.audio]
brands = ["sonuro"]
attributes = {}
[departments.audio.types]
speaker = { says = ["boombox"], knows = [["music for a party", "color", "red"]] }
"""


def test_a_small_lexicon_is_read_whole() -> None:
    lexicon = parse_lexicon(SMALL)
    speaker = lexicon.types["speaker"]
    assert (speaker.department, speaker.says) == ("audio", ("boombox",))
    assert speaker.knows[0].implied == (("color", "red"),)
    assert set(lexicon.departments["audio"].values) == {"price", "color"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('values = ["budget"]', 'values = ["red"]', "value 'red' is in color and price"),
        ("attributes = {}", 'attributes = { color = ["mauve"] }', "color has no value 'mauve'"),
        ('"color", "red"]', '"color", "mauve"]', "speaker: color 'mauve' is not sold here"),
    ],
)
def test_a_contradiction_is_named(old: str, new: str, message: str) -> None:
    with pytest.raises(LexiconError, match=message):
        parse_lexicon(SMALL.replace(old, new))


def test_a_product_type_belongs_to_one_department() -> None:
    more = SMALL + '[departments.toys]\nbrands = ["x"]\nattributes = {}\n'
    more += '[departments.toys.types]\nspeaker = { says = ["y"] }\n'
    with pytest.raises(LexiconError, match="'speaker' is in two departments"):
        parse_lexicon(more)


def test_every_shipped_name_of_a_type_leads_to_one_type() -> None:
    types = load_lexicon().types.values()
    names = [name for t in types for name in (t.name, *t.says)]
    phrases = [knowledge.phrase for t in types for knowledge in t.knows]
    assert len(names) == len(set(names))
    assert len(phrases) == len(set(phrases))
    assert all(t.knows and t.says for t in types)


def test_what_is_sold_in_chinese_has_a_word_for_everything() -> None:
    lexicon = load_lexicon()
    chinese = lexicon.chinese
    for name in chinese.departments:
        for type_name in lexicon.departments[name].types:
            values = lexicon.values_of(type_name)
            assert chinese.types[type_name]
            assert {k.phrase for k in lexicon.types[type_name].knows} <= chinese.phrases.keys()
            assert {"brand", *values} <= chinese.attributes.keys()
            wanted = {v for key in values if key != "price" for v in values[key]}
            assert wanted <= chinese.values.keys()


def test_a_type_has_no_attribute_that_makes_no_sense_of_it() -> None:
    lexicon = parse_lexicon(SMALL.replace('["boombox"],', '["boombox"], lacks = ["price"],'))
    assert set(lexicon.values_of("speaker")) == {"color"}
    assert set(lexicon.departments["audio"].values) == {"price", "color"}
