from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from annotation.cot.steps import HEADINGS, StepKind, render
from tests.training.rl.tiny import make_tokenizer
from training.rl.policy.align import Aligner


class Characters:
    """One token a character; 0 is a special token without text."""

    def decode(self, token_ids: list[int], *, skip_special_tokens: bool = True) -> str:
        return "".join(chr(token) for token in token_ids if token)


def kinds_of(text: str, special: int = 1) -> list[int]:
    ids = [ord(char) for char in text] + [0] * special
    return Aligner(Characters()).kinds(ids, text)


COT = render({kind: f"tier: {kind}" for kind in StepKind})


def test_a_heading_belongs_to_its_step_and_eos_to_the_last() -> None:
    kinds = kinds_of(COT)
    for kind in StepKind:
        start = COT.index(HEADINGS[kind])
        assert kinds[start] == kind
        if start:
            assert kinds[start - 1] == kind - 1
    assert kinds[-1] == 5
    assert len(kinds) == len(COT) + 1


def test_text_before_the_first_heading_belongs_to_the_step_it_should_have_been() -> None:
    assert kinds_of("well ## 1", 0) == [1] * 9


def test_the_first_step_of_the_answer_first_layout_is_the_judgment() -> None:
    aligner = Aligner(Characters(), "answer_first")
    assert aligner.kinds([104, 105], "hi") == [5, 5]


def test_a_token_over_a_border_belongs_to_the_step_that_it_starts() -> None:
    class Two:
        def decode(self, token_ids: list[int], *, skip_special_tokens: bool = True) -> str:
            pieces = {1: "## 1 query analysis\nx", 2: "\n## 2 item analysis\n", 3: "y"}
            return "".join(pieces[token] for token in token_ids)

    text = "## 1 query analysis\nx\n## 2 item analysis\ny"
    assert Aligner(Two()).kinds([1, 2, 3], text) == [1, 2, 2]


@pytest.mark.parametrize("text", ["größe: 中文 ✓", "a  b\n\n c"])
def test_bytes_of_a_split_character_are_aligned_through_their_prefix(text: str) -> None:
    tokenizer = make_tokenizer(["abc"])
    ids = tokenizer(text)["input_ids"]
    ends = Aligner(tokenizer).token_ends(ids, tokenizer.decode(ids))
    assert ends == sorted(ends)
    assert ends[-1] == len(tokenizer.decode(ids))


@given(st.text(alphabet="#1 abc\n", max_size=60))
def test_every_token_has_a_step(text: str) -> None:
    kinds = kinds_of(text)
    assert len(kinds) == len(text) + 1
    assert set(kinds) <= {1, 2, 3, 4, 5}


def metaspace() -> PreTrainedTokenizerFast:
    """A tokenizer of Llama's kind: a word carries the space before it, and rare characters are
    spelled in bytes."""
    raw = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.Metaspace()
    raw.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    trainer = trainers.BpeTrainer(
        vocab_size=500,
        special_tokens=["<unk>", "<eos>", *(f"<0x{byte:02X}>" for byte in range(256))],
        show_progress=False,
    )
    raw.train_from_iterator([COT] * 3, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<eos>")
    for token in tokenizer.added_tokens_decoder.values():
        token.special = token.content == "<eos>"
    return tokenizer


class Counting:
    """The tokenizer, and how many ids it was given to decode."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        self._tokenizer, self.decoded = tokenizer, 0
        self.added_tokens_decoder = tokenizer.added_tokens_decoder

    def decode(self, token_ids: list[int], *, skip_special_tokens: bool = True) -> str:
        self.decoded += len(token_ids)
        return str(self._tokenizer.decode(token_ids, skip_special_tokens=skip_special_tokens))


def chinese() -> PreTrainedTokenizerFast:
    return make_tokenizer(["abc"])


@pytest.mark.parametrize("make", [metaspace, chinese])
@given(text=st.lists(st.sampled_from([*COT.splitlines(True), "中文 鞋\n", "größe ", "x"])))
def test_tokens_end_where_the_decoded_prefix_ends_up_to_a_character_they_share(
    make: Callable[[], PreTrainedTokenizerFast], text: list[str]
) -> None:
    tokenizer = make()
    ids = [*tokenizer("".join(text), add_special_tokens=False)["input_ids"], 1]
    whole = tokenizer.decode(ids, skip_special_tokens=True)
    ends = Aligner(tokenizer).token_ends(ids, whole)
    prefixes = [
        tokenizer.decode(ids[: n + 1], skip_special_tokens=True) for n in range(len(ids))
    ]
    for end, prefix in zip(ends, prefixes, strict=True):
        assert end == len(prefix.rstrip("\ufffd"))
    assert not ends or ends[-1] == len(whole)


@pytest.mark.parametrize("make", [metaspace, chinese])
def test_aligning_decodes_a_few_ids_a_token_however_long_the_text(
    make: Callable[[], PreTrainedTokenizerFast],
) -> None:
    tokenizer = make()
    for text in (COT + "中文 鞋子 红色\n" * 150, COT + "a b " * 700):
        counting = Counting(tokenizer)
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        kinds = Aligner(counting).kinds(ids, tokenizer.decode(ids))
        assert len(ids) > 1000
        assert counting.decoded <= 16 * len(ids) + 600
        assert set(kinds) == {1, 2, 3, 4, 5}


def test_bytes_that_never_make_a_character_do_not_pile_up() -> None:
    tokenizer = chinese()
    (lead,) = tokenizer("中", add_special_tokens=False)["input_ids"][:1]
    counting = Counting(tokenizer)
    ids = [lead] * 2000
    assert len(Aligner(counting).kinds(ids, tokenizer.decode(ids) + "x")) == 2000
    assert counting.decoded <= 16 * 2000 + 600
