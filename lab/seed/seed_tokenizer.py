"""The seed policy's tokenizer: one token a word of the sample world, bytes for everything else.

Unigram over byte-level characters: the words have a high score, the 256 byte characters a low
one, so any text can be encoded and decodes exactly, and a known word is always one token.
"""

from __future__ import annotations

import random
import re

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from annotation.cot.steps import HEADINGS, VALUES
from lab.sample.drills import draw_example
from lab.sample.lexicon import Lexicon
from lab.sample.teacher import PERFECT

PAD, EOS = "<pad>", "<eos>"
CHUNK = r" ?\S+|\s"
_WORD_SCORE, _BYTE_SCORE = -1.0, -10.0
_SEEN_TEXTS = 6000  # enough to meet every template of the grammar many times


def build_tokenizer(lexicon: Lexicon) -> PreTrainedTokenizerFast:
    """A tokenizer with every word of the lexicon and of its traces as one token."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    words = sorted(
        {level.pre_tokenize_str(chunk)[0][0] for chunk in _chunks(lexicon)} - set(alphabet)
    )
    vocabulary = [(word, _WORD_SCORE) for word in words]
    vocabulary += [(byte, _BYTE_SCORE) for byte in alphabet]
    tokenizer = Tokenizer(models.Unigram(vocabulary))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(CHUNK), "isolated"), level]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([PAD, EOS])
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


def _chunks(lexicon: Lexicon) -> set[str]:
    rng = random.Random(0)
    texts = ["".join(draw_example(rng, lexicon, PERFECT)) for _ in range(_SEEN_TEXTS)]
    texts += [f" {value}" for values in VALUES.values() for value in values]
    texts += [f" {word}" for word in _lexicon_words(lexicon)]
    headings = re.compile("|".join(map(re.escape, HEADINGS.values())))
    return {
        chunk for text in texts for chunk in re.findall(CHUNK, headings.sub("", text)) if chunk
    }


def _lexicon_words(lexicon: Lexicon) -> set[str]:
    phrases = [*lexicon.models, *lexicon.types, *lexicon.departments, *lexicon.attributes]
    for attribute in lexicon.attributes.values():
        phrases += [*attribute.values, *(w for ws in attribute.says.values() for w in ws)]
    for department in lexicon.departments.values():
        phrases += department.brands
    for product_type in lexicon.types.values():
        phrases += [*product_type.says, *(k.phrase for k in product_type.knows)]
    return {word for phrase in phrases for word in phrase.split()}
