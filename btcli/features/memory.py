"""For how long recursive functions remember their start; `warmup.csv` holds the measurement behind each."""

from __future__ import annotations

from btcli.expressions.function import Memory, Numbers

# TA-Lib's numbers of averages. Left out: 7, which takes no period (write `mama`), and 10 and 11, which are none.
SIMPLE, EXPONENTIAL, WEIGHTED, DOUBLE, TRIPLE, TRIANGULAR, KAUFMAN = range(7)
T3, HULL, ZERO_LAG, WILDER = 8, 9, 12, 13
OF_WINDOWS = (SIMPLE, WEIGHTED, TRIANGULAR, HULL)
AVERAGES = (SIMPLE, EXPONENTIAL, WEIGHTED, DOUBLE, TRIPLE, TRIANGULAR, KAUFMAN, T3, HULL, ZERO_LAG, WILDER)
KAMA_FASTEST, KAMA_SLOWEST = 2 / 3, 2 / 31  # weights before they are squared


def ema(numbers: Numbers) -> float:
    """Exponential smoothing with weight 2/(n+1)."""
    return (numbers[0] + 1) / 2


def wilder(numbers: Numbers) -> float:
    """Wilder's smoothing with weight 1/n."""
    return numbers[0]


def slower_ema(numbers: Numbers) -> float:
    """The slower of two exponential smoothings."""
    return (max(numbers[0], numbers[1]) + 1) / 2


def slowest_ema(numbers: Numbers) -> float:
    """The slowest of exponential smoothings one upon another."""
    return (max(numbers) + 1) / 2


def longer(memory: Memory) -> Memory:
    """A smoothing whose output is smoothed or divided again; `warmup.csv` measures up to 1.30 times the plain one."""
    return lambda numbers: 1.5 * memory(numbers)


def channel(numbers: Numbers) -> float:
    """An exponential average and an average true range around it."""
    return max((numbers[0] + 1) / 2, numbers[1])


def kaufman(numbers: Numbers) -> float:
    """Kaufman's smoothing where the market only trembles: of n changes all but one are undone; and a tenth more.

    >>> round(kaufman((10.0,)), 2)
    70.7
    """
    return 1.1 * (KAMA_SLOWEST + (KAMA_FASTEST - KAMA_SLOWEST) / numbers[0]) ** -2


def macd_fixed(numbers: Numbers) -> float:
    """The smoothing of 26 bars, or a slower signal."""
    return (max(26.0, numbers[0]) + 1) / 2


def candle_halves(_: Numbers) -> float:
    """An open that is half the one before: e^-1 in 1.44 bars."""
    return 1.5


def slow_limit(numbers: Numbers) -> float:
    """An average that follows one of at least the weight `slow_limit` with half its weight."""
    return 2.0 / min(numbers)


def of_average(period: float, kind: float) -> float:
    """One of TA-Lib's averages by its number."""
    if kind in OF_WINDOWS:
        return 0.0
    if kind == KAUFMAN:
        return kaufman((period,))
    return period if kind == WILDER else (period + 1) / 2


def averages(*places: tuple[int, int], least: Memory | None = None) -> Memory:
    """Averages upon or against each other; `places` are those of each one's period and number among the numbers."""

    def memory(numbers: Numbers) -> float:
        slowest = max(of_average(numbers[period], numbers[kind]) for period, kind in places)
        return max(slowest, least(numbers) if least else 0.0)

    return memory
