"""The seed policy's tokenizer: a byte-level BPE learnt from the sample world's own texts.

The headings are one token each; any text can be encoded and decodes exactly.
"""

from __future__ import annotations

import random
import re

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from annotation.cot.steps import HEADINGS, VALUES
from lab.sample.drills import draw_example
from lab.sample.lexicon import Lexicon
from lab.sample.products import draw_product
from lab.sample.teacher import PERFECT

PAD, EOS = "<pad>", "<eos>"
# A merge never leaves its chunk.
_CHUNK = r" ?\p{L}+| ?\p{N}+(?:[.,]\p{N}+)*| ?[^\s\p{L}\p{N}]+|\s"
VOCABULARY = 2560
_SEEN_TEXTS = 6000  # enough to meet every template of the grammar many times


def build_tokenizer(lexicon: Lexicon) -> PreTrainedTokenizerFast:
    """Equal lexicons give equal tokenizers."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_chunk(lexicon)), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(HEADINGS),
        special_tokens=[PAD, EOS],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(lexicon), trainer)
    return wrapped(tokenizer)


def wrapped(tokenizer: Tokenizer) -> PreTrainedTokenizerFast:
    """As transformers want it; each heading of a CoT is one token."""
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in HEADINGS.values()])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=EOS,
        pad_token=PAD,
        clean_up_tokenization_spaces=False,
        padding_side="left",
        model_max_length=1024,
    )


def _chunk(lexicon: Lexicon) -> str:
    """A value of several words ("1.5 l", "under 20 EUR") is one chunk, so that equal values are
    equal tokens."""
    attributes = lexicon.attributes.values()
    values = {v for a in attributes for v in (*a.values, *a.limits) if " " in v}
    several = "|".join(map(re.escape, sorted(values, key=len, reverse=True)))
    return rf" ?(?:{several})\b|{_CHUNK}"


def _texts(lexicon: Lexicon) -> list[str]:
    """Examples of the grammar, and what a claim may be; headings are no text to learn from."""
    rng = random.Random(0)
    texts = ["".join(draw_example(rng, lexicon, PERFECT)) for _ in range(_SEEN_TEXTS)]
    texts += [draw_product(rng, lexicon, name).description for name in lexicon.types]
    texts += [f" {value}" for values in VALUES.values() for value in values]
    headings = re.compile("|".join(map(re.escape, HEADINGS.values())))
    return [headings.sub("", text) for text in texts]
