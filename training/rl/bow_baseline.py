"""How far a bag of words gets on the sample: the check that the sample asks for reasoning.

    python -m training.rl.bow_baseline

TF-IDF of the words, the query's and the product's as separate columns, logistic regression
on the train pairs, macro F1 of the tier on the test pairs.
"""

from __future__ import annotations

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from training.sample.generate import Sample, SamplePair, generate


def bow_macro_f1(sample: Sample) -> float:
    """Macro F1 of the tier on the test split."""
    train = [pair for pair in sample.pairs if pair.split == "train"]
    test = [pair for pair in sample.pairs if pair.split == "test"]
    words = TfidfVectorizer(token_pattern=r"\S+")
    columns = words.fit_transform(map(_words, train))
    model = LogisticRegression(max_iter=300).fit(columns, [p.truth.tier for p in train])
    guessed = model.predict(words.transform(map(_words, test)))
    return float(f1_score([p.truth.tier for p in test], guessed, average="macro"))


def _words(pair: SamplePair) -> str:
    """The pair's words, marked by the side they come from."""
    product = pair.product
    attributes = " ".join(f"{name} {value}" for name, value in product.attributes.items())
    sold = f"{product.title} {product.category_path} {attributes}"
    asked = [f"query:{word}" for word in pair.query.text.split()]
    return " ".join([*asked, *(f"product:{word}" for word in sold.lower().split())])


if __name__ == "__main__":
    print(f"bag of words, macro F1 on test: {bow_macro_f1(generate()):.3f}")
