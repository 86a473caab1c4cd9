"""Charts as plain numbers for an SVG template: scales, ticks, one path or bars. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

WIDTH, HEIGHT = 420, 190
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 8, 26
LETTER = 8  # about the width of one in a tick's text, on a phone
MAX_DOTS = 120  # more points keep the line and lose the dots
MAX_POINTS = 400  # about one a pixel; more only make the page heavy


@dataclass(frozen=True, slots=True)
class Tick:
    at: float  # pixels
    text: str


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    title: str


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A line or bars, in a WIDTH x HEIGHT viewBox; ``path`` is an SVG path."""

    x_ticks: list[Tick]
    y_ticks: list[Tick]
    last: str
    key: str = ""
    path: str = ""
    dots: list[Dot] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)

    @property
    def box(self) -> str:
        return f"0 0 {WIDTH} {HEIGHT}"

    @property
    def frame(self) -> dict[str, int]:
        return {
            "left": LEFT, "right": WIDTH - RIGHT, "top": TOP, "bottom": HEIGHT - BOTTOM,
            "label_x": LEFT - 6, "label_y": HEIGHT - 8,
        }  # fmt: skip


def bar_chart(rows: Sequence[tuple[str, float]]) -> Chart | None:
    """One bar a (name, value), values from 0 up; None without rows. Counts have whole ticks."""
    if not rows:
        return None
    values = [value for _, value in rows]
    whole = all(float(value).is_integer() for value in values)
    marks = nice_ticks(0, max(values) or 1, whole=whole)
    top = marks[-1]
    slot = (WIDTH - LEFT - RIGHT) / len(rows)
    room = HEIGHT - TOP - BOTTOM
    bars = [
        Bar(
            round(LEFT + index * slot + slot * 0.1, 1),
            round(HEIGHT - BOTTOM - room * value / top, 1),
            round(slot * 0.8, 1),
            round(room * value / top, 1),
            f"{name}: {number(value)}",
        )
        for index, (name, value) in enumerate(rows)
    ]
    named = {0, len(rows) // 2, len(rows) - 1}
    return Chart(
        bars=bars,
        x_ticks=[Tick(round(LEFT + (i + 0.5) * slot, 1), rows[i][0]) for i in sorted(named)],
        y_ticks=[Tick(round(HEIGHT - BOTTOM - room * y / top, 1), number(y)) for y in marks],
        last=number(rows[-1][1]),
    )


def named_line(key: str, rows: Sequence[tuple[str, float | None]]) -> Chart | None:
    """A line over named points, such as weeks; None stands for a gap that is bridged."""
    points = [{"step": i, key: value} for i, (_, value) in enumerate(rows) if value is not None]
    return line_chart(key, points, [name for name, _ in rows])


def line_chart(
    key: str, rows: Sequence[Mapping[str, Any]], names: Sequence[str] = ()
) -> Chart | None:
    """The chart of ``rows[i][key]`` over ``rows[i]["step"]``; None when no row has a number.

    ``names``: what to write for step 0, 1, ... in place of the number.
    """
    points = [
        (float(row["step"]), float(row[key]))
        for row in rows
        if _is_number(row.get(key)) and _is_number(row.get("step"))
    ]
    if not points:
        return None
    points = _thinned(points)
    xs, ys = [x for x, _ in points], [y for _, y in points]
    x_marks, y_marks = nice_ticks(min(xs), max(xs), whole=True), nice_ticks(min(ys), max(ys))
    x_low, x_high = min(xs), max(xs)
    y_low, y_high = min(y_marks[0], min(ys)), max(y_marks[-1], max(ys))

    def px(x: float) -> float:
        share = (x - x_low) / (x_high - x_low) if x_high > x_low else 0.5
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def py(y: float) -> float:
        share = (y - y_low) / (y_high - y_low)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    def name(x: float) -> str:
        return names[int(x)] if names else f"{x:g}"

    dots = [Dot(px(x), py(y), f"{name(x)}: {number(y)}") for x, y in points]
    return Chart(
        key=key,
        path="M" + "L".join(f"{dot.x},{dot.y}" for dot in dots),
        dots=dots if len(dots) <= MAX_DOTS else [dots[-1]],
        x_ticks=apart([Tick(px(x), name(x)) for x in x_marks if x_low <= x <= x_high]),
        y_ticks=[Tick(py(y), number(y)) for y in y_marks],
        last=number(ys[-1]),
    )


def apart(ticks: Sequence[Tick]) -> list[Tick]:
    """Without those whose text would run into the next one's. The last stays, which ends at
    its place; the others have it in their middle."""
    kept: list[Tick] = []
    free = math.inf  # up to here nothing is written
    for tick in reversed(ticks):
        width = len(tick.text) * LETTER
        right = tick.at if not kept else tick.at + width / 2
        if right <= free:
            kept.append(tick)
            free = right - width - LETTER
    return kept[::-1]


def nice_ticks(low: float, high: float, *, count: int = 4, whole: bool = False) -> list[float]:
    """About ``count`` round numbers (1, 2, 2.5 or 5 times a power of ten) that cover low..high.

    Equal bounds are widened, so at least two ticks come back; ``whole`` allows no fractions.
    """
    if high <= low:
        pad = 1.0 if whole else abs(low) * 0.1 or 1.0
        low, high = low - pad, high + pad
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    size = next(f * power for f in (1, 2, 2.5, 5, 10) if f * power >= raw * (1 - 1e-9))
    if whole:
        size = max(1.0, math.ceil(size))
    first, last = math.floor(low / size + 1e-9), math.ceil(high / size - 1e-9)
    return [round(index * size, 10) for index in range(first, last + 1)]


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Every k-th point, counted from the end so that the newest stays."""
    stride = math.ceil(len(points) / MAX_POINTS)
    return points[::-1][::stride][::-1]


def number(value: float) -> str:
    """Four significant digits, tiny numbers in scientific notation."""
    if value and abs(value) < 1e-3:
        return f"{value:.1e}"
    return f"{value:.4g}"


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value)
