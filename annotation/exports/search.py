"""Tiers that people decided, as judgments of search tools: Quepid, RRE, Elasticsearch.

A pair whose tier nobody decided is not in the file: unjudged, which is not irrelevant.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from annotation.exports.formats import ExportFilter, ExportFormat, Record
from annotation.exports.rows import tier_nameless, tier_rows, tier_total
from annotation.exports.writers import csv_writer, json_writer


def ratings(chosen: ExportFilter) -> Iterator[Record]:
    """Quepid's columns; tiers 1..4 are ratings 0..3."""
    for row in tier_rows(chosen):
        yield {
            "query": row["query"],
            "docid": row["product_id"],
            "rating": int(row["tier"]) - 1,
        }


def query_groups(chosen: ExportFilter) -> Iterator[Record]:
    """One query group of Rated Ranking Evaluator; the gain is the rating 0..3."""
    for query, rows in groupby(ratings(chosen), key=lambda row: row["query"]):
        yield {
            "name": query,
            "queries": [{"template": "only_q.json", "placeholders": {"$query": query}}],
            "relevant_documents": {row["docid"]: {"gain": row["rating"]} for row in rows},
        }


def rank_eval_requests(chosen: ExportFilter) -> Iterator[Record]:
    """One request of the ``_rank_eval`` body; replace the query by the one under test."""
    for number, (query, rows) in enumerate(
        groupby(ratings(chosen), key=lambda row: row["query"]), 1
    ):
        yield {
            "id": f"q{number}",
            "request": {"query": {"match": {"title": {"query": query}}}},
            "ratings": [
                {"_index": "products", "_id": row["docid"], "rating": row["rating"]}
                for row in rows
            ],
        }


def left_out(chosen: ExportFilter) -> list[str]:
    """Search tools know a document by its id alone."""
    count, titles = tier_nameless(chosen, _NAMED)
    if not count:
        return []
    named = ", ".join(f"“{title}”" for title in titles)
    more = ", …" if count > len(titles) else ""
    return [f"{count} decided pairs are left out, their product has no id: {named}{more}"]


_NAMED = 5
_DCG = '"metric": {"dcg": {"k": 10, "normalize": true}}'
_RRE = (
    '{"index": "products", "id_field": "id", "topics": [{"description": "", "query_groups": ['
)

FORMATS = (
    ExportFormat(
        "quepid",
        "decided tiers, Quepid judgments",
        ".csv",
        tier_total,
        ratings,
        csv_writer(("query", "docid", "rating")),
        notes=left_out,
    ),
    ExportFormat(
        "rre",
        "decided tiers, Rated Ranking Evaluator",
        ".json",
        tier_total,
        query_groups,
        json_writer(_RRE, "\n]}]}\n"),
        notes=left_out,
    ),
    ExportFormat(
        "rank-eval",
        "decided tiers, Elasticsearch _rank_eval",
        ".json",
        tier_total,
        rank_eval_requests,
        json_writer(
            '{"requests": [', '\n], "metric": {"dcg": {"k": 10, "normalize": true}}}\n'
        ),
        notes=left_out,
    ),
)
