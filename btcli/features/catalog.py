"""The indicator functions that an expression may name, and for how long each remembers its start."""

from __future__ import annotations

from collections.abc import Iterable

from btcli.expressions.function import PRICES, Function, Memory, Numbers, Parameter, no_memory
from btcli.features.memory import (
    AVERAGES,
    EXPONENTIAL,
    WILDER,
    averages,
    candle_halves,
    channel,
    ema,
    kaufman,
    longer,
    macd_fixed,
    slow_limit,
    slower_ema,
    slowest_ema,
    wilder,
)

__all__ = ["FUNCTIONS", "LEFT_OUT", "PRICES", "Function", "Numbers", "Parameter", "no_memory"]

PERIOD = Parameter("period", 2)
FAST, SLOW, SIGNAL, SMOOTH, FIRST, SECOND, THIRD = (
    Parameter(name, 2) for name in ("fast", "slow", "signal", "smooth", "first", "second", "third")
)
DEVIATIONS = Parameter("deviations", 0, whole=False)
AVERAGE = Parameter("average", 0, choices=AVERAGES)
VOLUME_FACTOR = Parameter("volume_factor", 0, 1, whole=False)
BARS = Parameter("bars", 1, 1000)
PERCENT = Parameter("percent", 0, 100, whole=False)
PENETRATION = Parameter("penetration", 0, whole=False)
ACCELERATION, MAXIMUM = (Parameter(name, 0, whole=False) for name in ("acceleration", "maximum"))
FAST_LIMIT, SLOW_LIMIT = (Parameter(name, 0.01, 0.99, whole=False) for name in ("fast_limit", "slow_limit"))
STATE_BARS = 500  # of what is in a state: nothing tells for how long it stays in one

OC, HL, HLC, OHLC, HLCV = ("open", "close"), PRICES[1:3], PRICES[1:4], PRICES[:4], PRICES[1:]
CV, V = PRICES[3:], PRICES[4:]
BANDS, LINES, STOCHASTIC = ("upper", "middle", "lower"), ("macd", "signal", "hist"), ("k", "d")


def _alike(
    names: str, parameters: tuple[Parameter, ...], memory: Memory = no_memory, implied: tuple[str, ...] = ()
) -> Iterable[Function]:
    for name in names.split():
        yield Function(name, parameters, memory, implied, free_prices=0 if implied else 1)


ROLLING = "sma wma trima hma max min sum mom roc rocp rocr rocr100 midpoint avgdev tsf linearreg"
ROLLING += " linearreg_angle linearreg_intercept linearreg_slope"
ROLLING += " cmou dpo er fosc vhf maxindex minindex percentrank"

_OF_WINDOWS = (
    *_alike(ROLLING, (PERIOD,)),
    *_alike("stddev var", (PERIOD, DEVIATIONS)),
    *_alike("coppock", (PERIOD, FIRST, SECOND)),
    *_alike("percentile", (PERIOD, PERCENT)),
    *_alike("aroonosc midprice adr", (PERIOD,), implied=HL),
    *_alike("ao", (FAST, SLOW), implied=HL),
    *_alike("ac", (FAST, SLOW, SIGNAL), implied=HL),
    *_alike("cci willr", (PERIOD,), implied=HLC),
    *_alike("mfi cmf", (PERIOD,), implied=HLCV),
    *_alike("imi qstick", (PERIOD,), implied=OC),
    *_alike("vwma", (PERIOD,), implied=CV),
    *_alike("rvol", (PERIOD,), implied=V),
    *_alike("bop avgprice", (), implied=OHLC),
    *_alike("trange typprice wclprice", (), implied=HLC),
    *_alike("medprice", (), implied=HL),
    *_alike("marketfi", (), implied=("high", "low", "volume")),
    *_alike("ultosc", (PERIOD, PERIOD, PERIOD), implied=HLC),
    Function("beta", (PERIOD,), free_prices=2),
    Function("correl", (PERIOD,), free_prices=2),
    Function("minmax", (PERIOD,), outputs=("min", "max"), free_prices=1),
    Function("minmaxindex", (PERIOD,), outputs=("min", "max"), free_prices=1),
    Function("aroon", (PERIOD,), implied=HL, outputs=("down", "up")),
    Function("vortex", (PERIOD,), implied=HLC, outputs=("plus", "minus")),
    Function("fractal", (BARS, BARS), implied=HL, outputs=("high", "low")),
    Function("donchian", (PERIOD,), implied=HL, outputs=BANDS),
    Function("accbands", (PERIOD,), implied=HLC, outputs=BANDS),
)

_BY_AVERAGE = (
    Function("ma", (PERIOD, AVERAGE), averages((0, 1)), defaults=(0,), free_prices=1),
    Function(
        "bbands",
        (PERIOD, DEVIATIONS, DEVIATIONS, AVERAGE),
        averages((0, 3)),
        outputs=BANDS,
        defaults=(0,),
        free_prices=1,
    ),
    Function("stoch", (PERIOD, SMOOTH, AVERAGE, SMOOTH, AVERAGE), longer(averages((1, 2), (3, 4))), HLC, STOCHASTIC),
    Function("stochf", (PERIOD, SMOOTH, AVERAGE), longer(averages((1, 2))), HLC, STOCHASTIC, defaults=(0,)),
    Function(
        "kdj",
        (PERIOD, SMOOTH, AVERAGE, SMOOTH, AVERAGE),
        longer(averages((1, 2), (3, 4))),
        HLC,
        ("k", "d", "j"),
        defaults=(3, WILDER, 3, WILDER),
    ),
    Function(
        "stochrsi",
        (PERIOD, PERIOD, SMOOTH, AVERAGE),
        longer(averages((2, 3), least=wilder)),
        outputs=STOCHASTIC,
        defaults=(0,),
        free_prices=1,
    ),
    Function(
        "macdext",
        (FAST, AVERAGE, SLOW, AVERAGE, SIGNAL, AVERAGE),
        longer(averages((0, 1), (2, 3), (4, 5))),
        outputs=LINES,
        free_prices=1,
    ),
    *(
        Function(
            name,
            (FAST, SLOW, AVERAGE),
            longer(averages((0, 2), (1, 2))),
            implied,
            defaults=(EXPONENTIAL,),
            free_prices=0 if implied else 1,
        )
        for name, implied in (("apo", ()), ("ppo", ()), ("pvo", V))
    ),
)

_RECURSIVE = (
    *_alike("ema dema tema zlema", (PERIOD,), ema),
    *_alike("trix", (PERIOD,), longer(ema)),
    *_alike("kama", (PERIOD,), kaufman),
    Function("t3", (PERIOD, VOLUME_FACTOR), ema, free_prices=1),
    Function("macd", (FAST, SLOW, SIGNAL), longer(slower_ema), outputs=LINES, free_prices=1),
    Function("macdfix", (SIGNAL,), longer(macd_fixed), outputs=LINES, free_prices=1),
    Function("tsi", (FIRST, SECOND), longer(slowest_ema), free_prices=1),
    Function("smi", (PERIOD, FIRST, SECOND, SIGNAL), longer(slowest_ema), HLC, ("smi", "signal")),
    *_alike("rsi rma", (PERIOD,), wilder),
    *_alike("cmo", (PERIOD,), longer(wilder)),
    *_alike("rvi", (PERIOD, SECOND), longer(wilder)),
    *_alike("atr natr plus_di minus_di", (PERIOD,), wilder, HLC),
    *_alike("plus_dm minus_dm", (PERIOD,), wilder, HL),
    *_alike("dx adx adxr", (PERIOD,), longer(wilder), HLC),
    *_alike("cvi", (PERIOD, SECOND), longer(ema), HL),
    *_alike("massi", (PERIOD, SECOND), longer(ema), HL),
    *_alike("efi", (PERIOD,), longer(ema), CV),
    *_alike("adosc", (FAST, SLOW), longer(slower_ema), HLCV),
    Function("eri", (PERIOD,), longer(ema), HLC, ("bull", "bear")),
    Function("kc", (PERIOD, SECOND, DEVIATIONS), channel, HLC, BANDS),
    Function("ha", (), candle_halves, OHLC, PRICES[:4]),
)

_IN_A_STATE = (
    Function("sar", (ACCELERATION, MAXIMUM), implied=HL, defaults=(0.02, 0.2), state_bars=STATE_BARS),
    Function(
        "sarext",
        (
            Parameter("start", -1e9, 1e9, whole=False),
            Parameter("offset", 0, whole=False),
            *(Parameter(f"{name}_long", 0, whole=False) for name in ("first", "step", "most")),
            *(Parameter(f"{name}_short", 0, whole=False) for name in ("first", "step", "most")),
        ),
        implied=HL,
        defaults=(0, 0, 0.02, 0.02, 0.2, 0.02, 0.02, 0.2),
        state_bars=STATE_BARS,
    ),
    Function("supertrend", (PERIOD, DEVIATIONS), longer(wilder), HLC, ("supertrend", "trend"), state_bars=STATE_BARS),
    Function(
        "mama",
        (FAST_LIMIT, SLOW_LIMIT),
        slow_limit,
        outputs=("mama", "fama"),
        defaults=(0.5, 0.05),
        free_prices=1,
        state_bars=STATE_BARS,
    ),
    *(
        Function(f"ht_{name}", free_prices=1, state_bars=STATE_BARS)
        for name in ("dcperiod", "dcphase", "trendline", "trendmode")
    ),
    Function("ht_phasor", outputs=("inphase", "quadrature"), free_prices=1, state_bars=STATE_BARS),
    Function("ht_sine", outputs=("sine", "leadsine"), free_prices=1, state_bars=STATE_BARS),
)

_ANCHORED = (
    *(Function(name, implied=CV, anchored=True) for name in ("obv", "nvi", "pvi", "pvt")),
    *(Function(name, implied=HLCV, anchored=True) for name in ("ad", "vwap")),
    Function("wad", implied=HLC, anchored=True),
    Function("cumsum", free_prices=1, anchored=True),
)

_PATTERNS = """
2crows 3blackcrows 3inside 3linestrike 3outside 3starsinsouth 3whitesoldiers advanceblock belthold breakaway
closingmarubozu concealbabyswall counterattack doji dojistar dragonflydoji engulfing gapsidesidewhite gravestonedoji
hammer hangingman harami haramicross highwave hikkake hikkakemod homingpigeon identical3crows inneck invertedhammer
kicking kickingbylength ladderbottom longleggeddoji longline marubozu matchinglow onneck piercing rickshawman
risefall3methods separatinglines shootingstar shortline spinningtop stalledpattern sticksandwich takuri tasukigap
thrusting tristar unique3river upsidegap2crows xsidegap3methods
"""
_BY_PENETRATION = {
    "abandonedbaby": 0.3,
    "darkcloudcover": 0.5,
    "eveningdojistar": 0.3,
    "eveningstar": 0.3,
    "mathold": 0.5,
    "morningdojistar": 0.3,
    "morningstar": 0.3,
}
PATTERN = "cdl"  # begins the name of each candle pattern
_CANDLES = (
    *(Function(PATTERN + name, implied=OHLC) for name in _PATTERNS.split()),
    *(
        Function(PATTERN + name, (PENETRATION,), implied=OHLC, defaults=(depth,))
        for name, depth in _BY_PENETRATION.items()
    ),
)

FUNCTIONS: dict[str, Function] = {
    function.name: function
    for function in (*_OF_WINDOWS, *_BY_AVERAGE, *_RECURSIVE, *_IN_A_STATE, *_ANCHORED, *_CANDLES)
}

_OF_ONE_BAR = "add sub mult div acos asin atan ceil cos cosh exp floor ln log10 sin sinh sqrt tan tanh"
# Of TA-Lib's functions those that are not offered, each with the reason.
LEFT_OUT = {
    **dict.fromkeys(_OF_ONE_BAR.split(), "it looks at one bar alone, which is arithmetic: write + - * / for it"),
    "mavp": "it wants a period for each bar, and no price is one; ma(close, period, average) takes one period",
}
