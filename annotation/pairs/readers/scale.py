"""Which tier each grade of a file means: declared, never guessed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from annotation.cot.steps import VALUES, StepKind
from annotation.pairs.readers.fields import clean
from annotation.pairs.readers.rows import ImportFileError

TIERS = tuple(sorted(VALUES[StepKind.FINAL]))  # from Irrelevant up
# As many grades as there are tiers, every one of them in the file: nothing is left to guess.
_PLAIN = (dict(zip(TIERS, TIERS, strict=True)), dict(zip("0123", TIERS, strict=True)))
_SHOWN, _LONG = 12, 40


def grade_of(value: object) -> str:
    """``3.0`` and ``3`` are one grade."""
    whole, point, rest = clean(value).partition(".")
    return whole if point and not rest.strip("0") else clean(value)


def parse_scale(text: str) -> dict[str, str]:
    """``0=1,1=4`` as grade -> tier.

    Raises:
        ImportFileError: not written like that, a tier that is none, or a grade twice.
    """
    scale: dict[str, str] = {}
    for part in text.split(","):
        grade, equals, tier = (piece.strip() for piece in part.partition("="))
        grade = grade_of(grade)
        if not equals or not grade or tier not in TIERS:
            raise ImportFileError(
                f"scale: '{part.strip()[:40]}' is not GRADE=TIER with a tier of "
                f"{', '.join(TIERS)}; write it like 0=1,1=4"
            )
        if grade in scale:
            raise ImportFileError(f"scale: the grade {grade} is in it twice")
        scale[grade] = tier
    return scale


def scale_for(name: str, grades: Iterable[str], declared: str | None) -> Mapping[str, str]:
    """The scale that was declared for the file ``name``, else the one its grades are plainly.

    Raises:
        ImportFileError: none was, and the grades can mean several things.
    """
    if declared:
        return parse_scale(declared)
    seen = set(grades)
    for plain in _PLAIN:
        if seen == set(plain):
            return plain
    listed = [grade[:_LONG] for grade in sorted(seen, key=_by_number)]
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    example = ",".join(f"{grade}=TIER" for grade in listed[:_SHOWN])
    raise ImportFileError(
        f"{name}: the ratings are {', '.join(listed[:_SHOWN])}{more}; they differ from the "
        f"four tiers, so say which tier (1 Irrelevant to 4 Excellent) each one is: "
        f"--scale {example} (in the API and the admin: scale)"
    )


def _by_number(grade: str) -> tuple[float, str]:
    try:
        return float(grade), grade
    except ValueError:
        return float("inf"), grade
