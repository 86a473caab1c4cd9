"""A folder of ratings by three people, made here."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path

RATINGS = "grades.csv"
THINGS = ("mouse", "kettle", "lamp", "desk")
HEADER = ["query", "docid", "agent_1_rating", "agent_2_rating", "agent_3_rating",
          "final_rating"]  # fmt: skip
Grades = Callable[[str, str], Sequence[int]]


def of_the_thing(query: str, title: str) -> Sequence[int]:
    """The last rater is stricter with what is not the thing, the first one is kinder."""
    same = title.lower().split()[0] == query.split()[-2]
    return (3, 3, 2) if same else (1, 0, 0)


def write_ratings(folder: Path, queries: int = 28, grades: Grades = of_the_thing) -> Path:
    """Every query asks for one of four things and is rated with two products of the shop."""
    products = {f"d{n}": f"{thing.capitalize()} {n} by Acme" for n, thing in enumerate(THINGS)}
    lines = [
        {"id": docid, "title": title, "supplier": "Acme", "attr_t_colour": "black"}
        for docid, title in products.items()
    ]
    (folder / "products.jsonl").write_text("\n".join(map(json.dumps, lines)))
    with (folder / RATINGS).open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(HEADER)
        for number in range(queries):
            query = f"black {THINGS[number % 4]} {number}"
            for docid in (f"d{number % 4}", f"d{(number + 1) % 4}"):
                given = grades(query, products[docid])
                writer.writerow([query, docid, *given, 0])
    return folder
