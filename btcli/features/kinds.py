"""What kind of quantity each function gives: prices, distances between prices, oscillators, volumes, bars, signs."""

from __future__ import annotations

from dataclasses import replace

from btcli.expressions.function import Function, Numbers
from btcli.expressions.kinds import ANYTHING, BESIDE_FEATURES, Quantity, a, quantity
from btcli.expressions.tree import Column, Indicator, Node
from btcli.features.catalog import PATTERN

Span = tuple[float, float]
_INSIDE = (0, 1, 2, 5, 6, 13)  # averages that are never beyond what they are made of
_OF_100 = (0.0, 100.0)
_PER_100 = (-100.0, 100.0)
_UNIT = (-1.0, 1.0)
_KINDS: tuple[tuple[str, Span | None, str], ...] = (  # with its functions and outputs
    ("as read", None, "dema ema hma ht_trendline kama linearreg linearreg_intercept ma mama max midpoint min minmax"),
    ("as read", None, "percentile rma sma t3 tema trima tsf wma zlema bbands"),
    ("change", None, "apo avgdev dpo ht_phasor linearreg_slope macd macdext macdfix mom stddev"),
    ("sum", None, "cumsum sum"),
    ("price", None, "accbands avgprice donchian ha kc medprice midprice sar supertrend typprice vwap vwma wclprice"),
    ("distance", None, "ac adr ao atr eri minus_dm plus_dm qstick trange wad"),
    ("oscillator", _OF_100, "adx adxr aroon dx imi kdj mfi minus_di percentrank plus_di rsi rvi stoch stochf stochrsi"),
    ("oscillator", _OF_100, "ultosc"),
    ("oscillator", _PER_100, "aroonosc cmo cmou smi tsi"),
    ("oscillator", (-100.0, 0.0), "willr"),
    ("oscillator", None, "cci kdj.j"),
    ("percent", None, "coppock cvi fosc natr ppo pvo roc rocr100 trix"),
    ("ratio", _UNIT, "bop cmf correl ht_sine"),
    ("ratio", (0.0, 1.0), "er"),
    ("ratio", None, "beta massi rocp rocr rvol vhf vortex"),
    ("volume", None, "ad adosc obv"),
    ("bars", None, "ht_dcperiod maxindex minindex minmaxindex"),
    ("sign", _UNIT, "supertrend.trend"),
    ("sign", (0.0, 1.0), "ht_trendmode"),
    ("sign", _OF_100, "fractal"),
    ("angle", (-90.0, 90.0), "linearreg_angle"),
    ("angle", (-45.0, 315.0), "ht_dcphase"),
    ("other", None, "efi marketfi nvi pvi pvt sarext var"),  # products, squares, indices, and signs on prices
)
NEVER_BEYOND = frozenset(
    ["sma", "ema", "wma", "trima", "rma", "kama", "mama", "max", "min", "minmax", "midpoint", "percentile"]
)  # what they read
_WRITTEN = {name: (kind, span) for kind, span, names in _KINDS for name in names.split()}
_PATTERN: tuple[str, Span | None] = ("sign", (-200.0, 200.0))


def written_kind(function: str, output: str = "") -> tuple[str, Span | None]:
    """What the catalog says of a function, or of one of its outputs. Raises KeyError for what it does not have.

    >>> written_kind("ema"), written_kind("supertrend", "trend")
    (('as read', None), ('sign', (-1.0, 1.0)))
    """
    if function.startswith(PATTERN):
        return _PATTERN
    return _WRITTEN.get(f"{function}.{output}") or _WRITTEN[function]


def quantity_of(function: Function, numbers: Numbers, output: int, read: Quantity) -> Quantity:
    """What one output of a function is that reads a series of some kind.

    >>> from btcli.expressions.kinds import a
    >>> from btcli.features.catalog import FUNCTIONS
    >>> sorted(quantity_of(FUNCTIONS["macd"], (12, 26, 9), 2, a("price")).kinds)
    ['distance']
    """
    kind, span = written_kind(function.name, function.outputs[output] if function.outputs else "")
    if kind == "as read":
        is_inside = function.name in NEVER_BEYOND or (function.name == "ma" and numbers[1] in _INSIDE)
        return read if is_inside else replace(read, range=None)
    if kind == "change":
        return a("distance") if read.is_of_prices else Quantity(read.kinds)
    if kind in ("sum", "other"):  # a sum of volumes is one, a sum of prices is of no use
        return Quantity(read.kinds) if kind == "sum" and "volume" in (read.kinds or ()) else ANYTHING
    if any(p.choices and number not in _INSIDE for p, number in zip(function.parameters, numbers, strict=True)):
        span = None
    return a(kind, span)


def quantity_of_feature(node: Node) -> Quantity:
    """The same of what a feature comes to: functions of series, and what joins them."""
    return quantity(node, _of_series)


def _of_series(series: Column | Indicator) -> Quantity:
    if isinstance(series, Column):
        return BESIDE_FEATURES.get(series.name, ANYTHING)
    read = quantity_of_feature(series.inputs[0]) if series.inputs else ANYTHING
    return quantity_of(series.function, series.numbers, series.output, read)
