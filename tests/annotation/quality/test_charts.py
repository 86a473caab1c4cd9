from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.quality.charts import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    bar_chart,
    line_chart,
    named_line,
    nice_ticks,
    number,
)


def test_a_straight_line_runs_from_corner_to_corner() -> None:
    chart = line_chart("reward", [{"step": 0, "reward": 0.0}, {"step": 10, "reward": 1.0}])
    assert chart is not None
    assert chart.path == f"M{LEFT}.0,{HEIGHT - 26}.0L{WIDTH - RIGHT}.0,{TOP}.0"
    assert [tick.text for tick in chart.y_ticks] == ["0", "0.25", "0.5", "0.75", "1"]
    assert chart.last == "1"


def test_updates_without_the_number_are_left_out() -> None:
    rows: list[dict[str, float | None]] = [
        {"step": 1, "kl": None},
        {"step": 2, "kl": 0.5},
        {"step": 3, "kl": float("nan")},
    ]
    chart = line_chart("kl", rows)
    assert chart is not None
    assert [dot.title for dot in chart.dots] == ["2: 0.5"]


def test_nothing_measured_gives_no_chart() -> None:
    assert line_chart("kl", [{"step": 1}, {"step": 2, "kl": "high"}]) is None


def test_a_constant_curve_lies_inside_the_frame() -> None:
    chart = line_chart("loss", [{"step": 1, "loss": 2.0}, {"step": 2, "loss": 2.0}])
    assert chart is not None
    assert all(TOP <= dot.y <= HEIGHT for dot in chart.dots)


def test_a_long_run_keeps_its_last_update_and_few_points() -> None:
    chart = line_chart("loss", [{"step": i, "loss": float(i)} for i in range(5000)])
    assert chart is not None
    assert chart.path.count("L") < 500
    assert chart.last == "4999"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.25, 0.5, 0.75, 1]),
        (3, 42, [0, 10, 20, 30, 40, 50]),
        (-1, 1, [-1, -0.5, 0, 0.5, 1]),
    ],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert nice_ticks(low, high) == expected


def test_steps_have_whole_ticks() -> None:
    assert nice_ticks(1, 3, whole=True) == [1, 2, 3]


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_ticks_cover_the_values_and_are_few(low: float, width: float) -> None:
    ticks = nice_ticks(low, low + width)
    slack = 1e-6 * max(1.0, abs(low), abs(low + width))
    assert ticks[0] <= low + slack
    assert ticks[-1] >= low + width - slack
    assert 2 <= len(ticks) <= 8


def test_tiny_numbers_are_not_shown_as_zero() -> None:
    assert number(0.00012) == "1.2e-04"
    assert number(0.12345) == "0.1235"


def test_bars_stand_on_the_axis_and_the_highest_mark_is_the_full_height() -> None:
    chart = bar_chart([("Mon", 0), ("Tue", 4), ("Wed", 2)])
    assert chart is not None
    room = HEIGHT - TOP - BOTTOM
    assert [bar.height for bar in chart.bars] == [0, room, room / 2]
    assert all(round(bar.y + bar.height, 1) == HEIGHT - BOTTOM for bar in chart.bars)
    assert [bar.title for bar in chart.bars] == ["Mon: 0", "Tue: 4", "Wed: 2"]
    assert [tick.text for tick in chart.x_ticks] == ["Mon", "Tue", "Wed"]
    assert bar_chart([]) is None
    counts = bar_chart([("Mon", 1), ("Tue", 2)])
    assert counts is not None
    assert [tick.text for tick in counts.y_ticks] == ["0", "1", "2"], "no half submissions"
    flat = bar_chart([("Mon", 0)])
    assert flat is not None
    assert flat.bars[0].height == 0


def test_a_line_over_named_points_bridges_gaps_and_shows_the_names() -> None:
    chart = named_line("alpha", [("w1", 0.2), ("w2", None), ("w3", 0.4)])
    assert chart is not None
    assert [dot.title for dot in chart.dots] == ["w1: 0.2", "w3: 0.4"]
    assert [tick.text for tick in chart.x_ticks] == ["w1", "w2", "w3"]
    assert named_line("alpha", [("w1", None)]) is None


def test_a_tick_whose_text_would_run_into_the_next_one_is_left_out() -> None:
    names = [f"November {day}" for day in (2, 9, 16, 23, 30)]
    chart = named_line("alpha", [(name, float(place)) for place, name in enumerate(names)])
    assert chart is not None
    assert [tick.text for tick in chart.x_ticks] == ["November 2", "November 16", "November 30"]
