"""``python -m lab.own CATALOGUE.json OUT``: what ``manage.py policy_make`` starts."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import torch

from annotation.cot.rules import parse_rules
from lab.own.config import OwnConfig
from lab.own.draw import Catalogue
from lab.own.policy import policy_make
from training.job.prompts import PairText


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="A small policy of a catalogue.")
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    for setting in dataclasses.fields(OwnConfig):
        option = f"--{setting.name.replace('_', '-')}"
        parser.add_argument(option, type=type(setting.default), default=setting.default)
    options = vars(parser.parse_args(argv))
    torch.set_num_threads(options.pop("threads"))
    body = json.loads(options.pop("catalogue").read_text(encoding="utf-8"))
    products = [PairText("", **product) for product in body["products"]]
    out = options.pop("out")
    try:
        policy_make(
            Catalogue(products, body["queries"]),
            parse_rules(body["rules"]),
            OwnConfig(**options),
            out,
            lambda line: print(line, flush=True),
        )
    except ValueError as error:
        print(error, flush=True)
        return 4
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
