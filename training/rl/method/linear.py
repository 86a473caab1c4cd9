"""Bag of words: TF-IDF of the words of query and product, logistic regression over tiers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from training.job.files import write_json
from training.job.folder import MODEL
from training.job.prompts import PairText
from training.job.types import BadInput
from training.rl.measure.answers import answer_text, known_answers
from training.rl.measure.evaluate import Prediction, held_out
from training.rl.policy.run_folder import Run


class BagOfWords:
    """A word of the query and the same word of the product are different columns."""

    def __init__(self, pairs: Sequence[PairText], tiers: Sequence[str]) -> None:
        """Raises BadInput when all pairs have the same tier."""
        if len(set(tiers)) < 2:
            raise BadInput(f"{len(tiers)} training pairs of one tier: nothing to tell apart")
        self._words = TfidfVectorizer(token_pattern=r"\S+")
        columns = self._words.fit_transform(map(words_of, pairs))
        self._model = LogisticRegression(max_iter=300).fit(columns, list(tiers))

    def tiers(self, pairs: Sequence[PairText]) -> list[str]:
        """The likeliest tier of each pair."""
        columns = self._words.transform(map(words_of, pairs))
        return [str(tier) for tier in self._model.predict(columns)]

    def save(self, folder: Path) -> None:
        """linear.json: log odds = weights @ (tf * idf, normed) + bias."""
        folder.mkdir(parents=True, exist_ok=True)
        body = {
            "role": "linear",
            "tiers": self._model.classes_.tolist(),
            "words": {word: int(i) for word, i in self._words.vocabulary_.items()},
            "idf": self._words.idf_.tolist(),
            "weights": self._model.coef_.tolist(),
            "bias": self._model.intercept_.tolist(),
        }
        write_json(folder / "linear.json", body)


def words_of(pair: PairText) -> str:
    """The pair's words, marked by the side they come from."""
    attributes = " ".join(f"{name} {value}" for name, value in pair.attributes.items())
    sold = f"{pair.title} {pair.category_path} {attributes}"
    wanted = [f"query:{word}" for word in pair.query.split()]
    return " ".join([*wanted, *(f"product:{word}" for word in sold.lower().split())])


def train_linear(run: Run) -> tuple[dict[str, Any], list[Prediction]]:
    """Facts for report.json and the answers on the held-out pairs."""
    known = known_answers(run)
    model = BagOfWords([sample.text for sample, _ in known], [tier for _, tier in known])
    model.save(run.folder / MODEL)
    samples = held_out(run.held_out, run.config.eval.limit)
    tiers = model.tiers([sample.text for sample in samples])
    answers = [Prediction(s, answer_text(t), t) for s, t in zip(samples, tiers, strict=True)]
    return {"samples": {"train": len(known)}}, answers
