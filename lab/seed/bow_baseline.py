"""How far a bag of words gets on the sample: the check that the sample asks for reasoning.

    python -m lab.seed.bow_baseline

Fitted on the train pairs, macro F1 of the tier on the test pairs.
"""

from __future__ import annotations

from lab.sample.generate import GeneratedShop, SamplePair, generate
from training.job.prompts import PairText
from training.rl.measure.classification import count_table, macro_f1
from training.rl.method.linear import BagOfWords


def bow_macro_f1(sample: GeneratedShop) -> float:
    """Macro F1 of the tier on the test split."""
    train = [pair for pair in sample.pairs if pair.split == "train"]
    test = [pair for pair in sample.pairs if pair.split == "test"]
    model = BagOfWords([_text(pair) for pair in train], [pair.truth.tier for pair in train])
    guessed = model.tiers([_text(pair) for pair in test])
    return macro_f1(count_table([pair.truth.tier for pair in test], guessed))


def _text(pair: SamplePair) -> PairText:
    product = pair.product
    return PairText(
        pair.query.text, product.title, product.category_path, dict(product.attributes)
    )


if __name__ == "__main__":
    print(f"bag of words, macro F1 on test: {bow_macro_f1(generate()):.3f}")
