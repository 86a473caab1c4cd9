"""The tokenizer of a catalogue's own policy: a word is the same token wherever it stands."""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from lab.seed.seed_tokenizer import EOS, PAD, wrapped

# A small model compares words token by token. "Case", "case" and "\ncase:" as three unequal
# tokens would have to be learnt word by word.
_JOINER = "\u2060"  # before a blank that is not in the text
_MARKS = {r"\n": "\n", '"': '"', r"\(": "(", "/": "/", "-": "-"}
_CHUNK = r" ?\p{L}+| ?\p{N}+(?:[.,]\p{N}+)*|\n\u2060?| ?[^\s\p{L}\p{N}]+|\s"


def tokenizer_of(texts: Iterable[str], size: int) -> PreTrainedTokenizerFast:
    """A byte-level BPE of small letters: any text can be read, and decodes to itself in small
    letters. What follows a mark or a new line is a token as after a blank."""
    tokenizer = Tokenizer(models.BPE())
    apart = [
        normalizers.Replace(Regex(rf"{mark}(?=[\p{{L}}\p{{N}}])"), f"{text}{_JOINER} ")
        for mark, text in _MARKS.items()
    ]
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Replace(_JOINER, ""), normalizers.Lowercase(), *apart]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_CHUNK), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.Sequence(
        [decoders.ByteLevel(), decoders.Replace(f"{_JOINER} ", "")]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        special_tokens=[PAD, EOS],
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return wrapped(tokenizer)
