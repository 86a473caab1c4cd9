import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.steps import HEADINGS, StepKind, render
from tests.rl.tiny import make_tokenizer
from training.rl.align import Aligner


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
