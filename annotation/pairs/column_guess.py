"""What the columns of a file are likely to be, as the first choice of a form. Pure: a person
sees every guess before anything is read by it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from annotation.pairs.preview import FileColumn

# By the words people write over columns, in English, German and Chinese.
_WORDS: dict[str, tuple[str, ...]] = {
    "query": (
        "query", "search", "search term", "search query", "keyword", "keywords",
        "suchbegriff", "suche", "suchanfrage", "查询", "查询词", "搜索词", "关键词", "搜索",
    ),
    "title": (
        "title", "product title", "product name", "name", "product", "article", "item",
        "titel", "artikel", "bezeichnung", "produkt", "produktname",
        "标题", "商品标题", "商品名称", "商品名", "商品", "名称", "产品名称",
    ),
    "product_id": (
        "product id", "id", "sku", "asin", "docid", "doc id", "item id", "article number",
        "artikelnummer", "artikelnr", "商品编号", "商品id", "编号", "货号",
    ),
    "category_path": (
        "category path", "category", "categories", "product type", "kategorie", "warengruppe",
        "类目", "分类", "品类", "类别",
    ),
    "attributes": (
        "attributes", "specs", "specifications", "features", "properties", "eigenschaften",
        "merkmale", "属性", "参数", "规格参数",
    ),
    "description": ("description", "text", "details", "beschreibung", "描述", "详情", "介绍"),
    "image_url": ("image url", "image", "picture", "bild", "图片", "图片链接"),
    "tier": (
        "tier", "rating", "grade", "relevance", "judgment", "judgement", "final rating",
        "label", "bewertung", "note", "relevanz", "评分", "相关性", "等级", "评级", "档位",
    ),
    "category_match": ("category match",),
    "attribute_match": ("attribute match",),
    "query_type": ("query type",),
    "locale": ("locale", "language", "market", "sprache", "语言", "语种"),
    "split": ("split",),
}  # fmt: skip
_RATER = re.compile(
    r"(?:rater|agent|annotator|judge)\b.*|(?:评审|标注员).*|.* responses"
).fullmatch
_GRADES: dict[str, tuple[str, ...]] = {
    "4": ("exact", "excellent", "perfect", "e", "sehr gut", "完全相关", "非常相关"),
    "3": ("related", "good", "partial", "substitute", "s", "gut", "相关"),
    "2": ("mismatch", "fair", "complement", "c", "weak", "mäßig", "弱相关", "不匹配"),
    "1": ("irrelevant", "bad", "none", "i", "poor", "schlecht", "不相关", "无关"),
}  # fmt: skip
ATTRIBUTE, RATER, LEFT_OUT = "attribute", "rater", ""
_ANSWERS = ".responses"
_OF_RECORDS = {"id", "status", "_server_id", "inserted_at", "updated_at"}
_CJK = re.compile(r"[\u4e00-\u9fff]")
_LONG = 60  # characters of an example: what is longer is no attribute


def meanings_guess(columns: Sequence[FileColumn]) -> list[str]:
    """For each column one of the fields, ``attribute``, ``rater`` or "" (left out)."""
    meanings = [LEFT_OUT] * len(columns)
    for field, words in _WORDS.items():
        places = {plain_name(column.name): at for at, column in reversed([*enumerate(columns)])}
        best = next((places[word] for word in words if word in places), None)
        if best is not None and not meanings[best]:
            meanings[best] = field
    book_kept = _book_kept([column.name for column in columns])
    for at, column in enumerate(columns):
        if column.name in book_kept:
            meanings[at] = LEFT_OUT
        elif _RATER(plain_name(column.name)) and column.grades:
            meanings[at] = LEFT_OUT if "tier" in meanings else RATER
        elif not meanings[at] and column.examples:
            short = all(len(example) <= _LONG for example in column.examples)
            meanings[at] = ATTRIBUTE if short else LEFT_OUT
    return meanings


def tiers_guess(grades: Sequence[str]) -> dict[str, str]:
    """Grade -> tier; "" where its word says nothing. Numbers go up in the order of tiers only
    where they are plainly 1 to 4 or 0 to 3."""
    lower = {grade: grade.casefold() for grade in grades}
    if grades and set(grades) <= set("1234"):
        return {grade: grade for grade in grades}
    if grades and set(grades) <= set("0123"):
        return {grade: str(int(grade) + 1) for grade in grades}
    return {
        grade: next((tier for tier, names in _GRADES.items() if word in names), "")
        for grade, word in lower.items()
    }


def locale_guess(columns: Sequence[FileColumn], meanings: Sequence[str]) -> str:
    texts = [
        example
        for column, meaning in zip(columns, meanings, strict=True)
        if meaning in ("query", "title")
        for example in column.examples
    ]
    return "zh" if any(map(_CJK.search, texts)) else "en"


def mapping_of(
    names: Sequence[str], meanings: Sequence[str], tiers: dict[str, str], locale: str
) -> dict[str, Any]:
    """The mapping that the choices of a form are; what means one thing twice is left for the
    first, and :func:`meant_twice` tells."""
    pairs = list(zip(names, meanings, strict=True))
    made: dict[str, Any] = {
        "attribute_columns": [name for name, meaning in pairs if meaning == ATTRIBUTE],
        "raters": [name for name, meaning in pairs if meaning == RATER],
    }
    for name, meaning in pairs:
        if meaning not in (ATTRIBUTE, RATER, LEFT_OUT):
            made.setdefault(meaning, name)
    if made["raters"] or "tier" in made:
        made["tiers"] = tiers
    return {key: value for key, value in made.items() if value} | {"default_locale": locale}


def meant_twice(names: Sequence[str], meanings: Sequence[str]) -> list[tuple[str, list[str]]]:
    """(field, columns) of every field that two columns are."""
    several: dict[str, list[str]] = {}
    for name, meaning in zip(names, meanings, strict=True):
        if meaning not in (ATTRIBUTE, RATER, LEFT_OUT):
            several.setdefault(meaning, []).append(name)
    return [(field, those) for field, those in several.items() if len(those) > 1]


def _book_kept(names: Sequence[str]) -> set[str]:
    """What Argilla writes about its answers beside them."""
    answers = [name for name in names if name.endswith(_ANSWERS)]
    about = {name for name in names for one in answers if name.startswith(f"{one}.")}
    suggested = {f"{one.removesuffix(_ANSWERS)}.suggestion" for one in answers}
    suggested |= {f"{name}.{part}" for name in suggested for part in ("score", "agent")}
    return (about | suggested | _OF_RECORDS) & {*names} if answers else set()


def words_of(field: str) -> tuple[str, ...]:
    """What people write over such a column."""
    return _WORDS.get(field, ())


def plain_name(name: str) -> str:
    return re.sub(r"[\s_.-]+", " ", name).strip().casefold()
