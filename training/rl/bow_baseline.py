"""How far a bag of words gets on the sample: the check that the sample asks for reasoning.

    python -m training.rl.bow_baseline

TF-IDF of the query's and of the product's words in separate columns, logistic regression on
the train pairs, macro F1 of the tier on the test pairs.
"""

from __future__ import annotations

from collections.abc import Sequence

from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from training.sample.generate import Sample, SamplePair, generate


def product_words(pair: SamplePair) -> str:
    product = pair.product
    attributes = " ".join(f"{name} {value}" for name, value in product.attributes.items())
    return f"{product.title} {product.category_path} {attributes} {product.description}"


def bow_macro_f1(sample: Sample) -> float:
    """Macro F1 of the tier on the test split."""
    train = [pair for pair in sample.pairs if pair.split == "train"]
    test = [pair for pair in sample.pairs if pair.split == "test"]
    queries, products = TfidfVectorizer(), TfidfVectorizer()
    columns = hstack(
        [queries.fit_transform(_asked(train)), products.fit_transform(_sold(train))]
    )
    model = LogisticRegression(max_iter=300).fit(columns, _tiers(train))
    seen = hstack([queries.transform(_asked(test)), products.transform(_sold(test))])
    return float(f1_score(_tiers(test), model.predict(seen), average="macro"))


def _asked(pairs: Sequence[SamplePair]) -> list[str]:
    return [pair.query.text for pair in pairs]


def _sold(pairs: Sequence[SamplePair]) -> list[str]:
    return [product_words(pair) for pair in pairs]


def _tiers(pairs: Sequence[SamplePair]) -> list[str]:
    return [pair.truth.tier for pair in pairs]


if __name__ == "__main__":
    print(f"bag of words, macro F1 on test: {bow_macro_f1(generate()):.3f}")
