"""Curves: running totals and moving means."""

import pytest

from app.analytics.curves import RAW, Cumulative, Curve, Smoothed, curved, sum_of

POINTS = (4, None, 2, 0, 6)
CURVES: list[tuple[Curve, tuple[float | None, ...], float]] = [
    (RAW, POINTS, 12),
    (Cumulative(), (4, 4, 6, 6, 12), 12),
    (Smoothed(1), POINTS, 12),
    (Smoothed(2), (4, 4, 2, 1, 3), 14),
    (Smoothed(9), (4, 4, 3, 2, 3), 16),
]


@pytest.mark.parametrize(("curve", "points", "whole"), CURVES)
def test_a_curve_has_a_point_for_each(
    curve: Curve, points: tuple[float | None, ...], whole: float
) -> None:
    made = curved(POINTS, curve)
    assert made == points
    assert sum_of(made, curve) == whole
    assert curved((), curve) == ()
    assert sum_of((), curve) == 0


def test_nothing_has_no_mean() -> None:
    assert curved((None, None, 3), Smoothed(2)) == (None, None, 3)
