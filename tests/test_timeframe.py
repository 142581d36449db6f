"""One length of candle has one label, and lengths without a common grid are refused."""

from __future__ import annotations

import pytest

from btcli.errors import RequestError
from btcli.timeframe import Timeframe, duration_ms, duration_text, utc_ms


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("60m", "1h"),
        ("240m", "4h"),
        ("1440m", "1d"),
        ("24h", "1d"),
        ("168h", "1w"),
        ("7d", "1w"),
        ("1H", "1h"),
        ("1D", "1d"),
        ("1W", "1w"),
        ("90m", "90m"),
        ("15m", "15m"),
    ],
)
def test_one_length_has_one_label(written: str, label: str) -> None:
    """However it is written, in the largest unit that it is a whole number of."""
    timeframe = Timeframe.parse(written)
    assert timeframe.label == label
    assert timeframe == Timeframe.parse(label)


HINT = "write a number and a unit, such as 5m, 1h, 4h or 1d"
DIVIDES = "use 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 8h or 1d"


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("1M", "months differ in length: use 1w or 1d"),
        ("3mo", "months differ in length: use 1w or 1d"),
        ("60", "60 minutes are 60m"),
        ("3d", "use 1d or 1w"),
        ("2d", "use 1d or 1w"),
        ("10d", "use 1d or 1w"),
        ("7m", DIVIDES),
        ("5h", DIVIDES),
        ("0m", HINT),
        ("-5m", HINT),
        ("", HINT),
        ("9999999m", HINT),
    ],
)
def test_lengths_without_a_grid_are_refused_with_a_way_out(written: str, hint: str) -> None:
    """Months, days that make no week, and what does not divide a day."""
    with pytest.raises(RequestError) as caught:
        Timeframe.parse(written)
    assert caught.value.problems[0].hint == hint


def test_a_moment_is_read_back() -> None:
    """What is written as text is the same milliseconds again, also before 1970 and with an offset."""
    assert utc_ms("2024-03-01T00:05:00.001Z") == 1_709_251_500_001
    assert utc_ms("1969-12-31T23:59:59.999Z") == -1
    assert utc_ms("1970-01-01T01:00:00.000+01:00") == 0


@pytest.mark.parametrize(
    ("text", "ms"), [("20m", 1_200_000), ("7m", 420_000), ("90m", 5_400_000), ("4H", 14_400_000), ("2d", 172_800_000)]
)
def test_a_duration_need_be_no_timeframe(text: str, ms: int) -> None:
    """Any whole number of minutes, hours, days or weeks is a span of time."""
    assert duration_ms(text) == ms


@pytest.mark.parametrize("text", ["", "20", "m", "0m", "-5m", "1.5h", "20 m", "90s", "3M", "20:00", "1e3m", "0x1m"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """Whatever is no whole number and a unit is told with an example."""
    with pytest.raises(RequestError, match="is not a duration"):
        duration_ms(text)


def test_a_duration_of_more_than_ten_years_is_refused() -> None:
    """3660 days are the longest."""
    assert duration_ms("3660d") == 3660 * 86_400_000
    with pytest.raises(RequestError, match="'3661d' is longer than ten years"):
        duration_ms("3661d")


@pytest.mark.parametrize(("ms", "text"), [(1_200_000, "20m"), (5_400_000, "90m"), (7_200_000, "2h"), (90_500, "90.5s")])
def test_a_duration_is_told_in_the_largest_unit_of_which_it_is_a_whole_number(ms: int, text: str) -> None:
    """90 minutes are no whole number of hours; what is no whole number of minutes is told in seconds."""
    assert duration_text(ms) == text
