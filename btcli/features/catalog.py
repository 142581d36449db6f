"""The indicator functions that an expression may name, and for how long each remembers its start."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

PRICES = ("open", "high", "low", "close", "volume")

Numbers = tuple[float, ...]
Memory = Callable[[Numbers], float]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number of a function: its name in messages, its smallest value, and what else it must be."""

    name: str
    minimum: float
    maximum: float = 100_000
    whole: bool = True
    choices: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Function:
    """One TA-Lib function under its lower-case name.

    `implied` are the prices it always reads; `free_prices` counts those that the expression names.
    `defaults` fill trailing parameters. `memory` is the number of bars in which the weight of the
    start falls by the factor e: 0 for a function that reads its lookback and nothing before it.
    """

    name: str
    parameters: tuple[Parameter, ...]
    memory: Memory
    implied: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    defaults: Numbers = ()
    free_prices: int = 0

    @property
    def usage(self) -> str:
        """How the function is written, such as `ema(close, period)`."""
        prices = ("close", "open")[: self.free_prices]
        suffix = f".{self.outputs[0]}" if self.outputs else ""
        return f"{self.name}({', '.join((*prices, *(p.name for p in self.parameters)))}){suffix}"


def no_memory(_: Numbers) -> float:
    """Reads a fixed number of bars and nothing before them."""
    return 0.0


def ema(numbers: Numbers) -> float:
    """Exponential smoothing with weight 2/(n+1)."""
    return (numbers[0] + 1) / 2


def wilder(numbers: Numbers) -> float:
    """Wilder's smoothing with weight 1/n."""
    return numbers[0]


def slower_ema(numbers: Numbers) -> float:
    """The slower of two exponential smoothings."""
    return (max(numbers[0], numbers[1]) + 1) / 2


def longer(memory: Memory) -> Memory:
    """A smoothing whose output is smoothed or divided again; `warmup.csv` measures up to 1.30 times the plain one."""
    return lambda numbers: 1.5 * memory(numbers)


PERIOD = Parameter("period", 2)
FAST, SLOW, SIGNAL, SMOOTH = (Parameter(name, 2) for name in ("fast", "slow", "signal", "smooth"))
DEVIATIONS = Parameter("deviations", 0, whole=False)
FIXED_AVERAGE = Parameter("average", 0, choices=(0, 2, 5))  # TA-Lib's numbers: simple, weighted, triangular
EXPONENTIAL_AVERAGE = Parameter("average", 1, choices=(1,))
VOLUME_FACTOR = Parameter("volume_factor", 0, whole=False)

OC, HL, HLC, OHLC, HLCV = ("open", "close"), PRICES[1:3], PRICES[1:4], PRICES[:4], PRICES[1:]
BANDS, LINES, STOCHASTIC = ("upper", "middle", "lower"), ("macd", "signal", "hist"), ("k", "d")


def _alike(
    names: str, parameters: tuple[Parameter, ...], memory: Memory = no_memory, implied: tuple[str, ...] = ()
) -> Iterable[Function]:
    for name in names.split():
        yield Function(name, parameters, memory, implied, free_prices=0 if implied else 1)


ROLLING = "sma wma trima hma max min sum mom roc rocp rocr rocr100 midpoint avgdev tsf linearreg"
ROLLING += " linearreg_angle linearreg_intercept linearreg_slope"

FUNCTIONS: dict[str, Function] = {
    function.name: function
    for function in (
        *_alike(ROLLING, (PERIOD,)),
        *_alike("stddev var", (PERIOD, DEVIATIONS)),
        *_alike("aroonosc midprice", (PERIOD,), implied=HL),
        *_alike("cci willr", (PERIOD,), implied=HLC),
        *_alike("mfi", (PERIOD,), implied=HLCV),
        *_alike("imi", (PERIOD,), implied=OC),
        *_alike("bop avgprice", (), implied=OHLC),
        *_alike("trange typprice wclprice", (), implied=HLC),
        *_alike("medprice", (), implied=HL),
        *_alike("ultosc", (PERIOD, PERIOD, PERIOD), implied=HLC),
        Function("beta", (PERIOD,), no_memory, free_prices=2),
        Function("correl", (PERIOD,), no_memory, free_prices=2),
        Function("minmax", (PERIOD,), no_memory, outputs=("min", "max"), free_prices=1),
        Function("aroon", (PERIOD,), no_memory, HL, ("down", "up")),
        Function("donchian", (PERIOD,), no_memory, HL, BANDS),
        Function("accbands", (PERIOD,), no_memory, HLC, BANDS),
        Function(
            "bbands",
            (PERIOD, DEVIATIONS, DEVIATIONS, FIXED_AVERAGE),
            no_memory,
            (),
            BANDS,
            defaults=(0,),
            free_prices=1,
        ),
        Function("stoch", (PERIOD, SMOOTH, FIXED_AVERAGE, SMOOTH, FIXED_AVERAGE), no_memory, HLC, STOCHASTIC),
        Function("stochf", (PERIOD, SMOOTH, FIXED_AVERAGE), no_memory, HLC, STOCHASTIC, defaults=(0,)),
        *_alike("ema dema tema", (PERIOD,), ema),
        *_alike("trix", (PERIOD,), longer(ema)),
        Function("t3", (PERIOD, VOLUME_FACTOR), ema, free_prices=1),
        Function("macd", (FAST, SLOW, SIGNAL), longer(slower_ema), outputs=LINES, free_prices=1),
        Function("apo", (FAST, SLOW, EXPONENTIAL_AVERAGE), longer(slower_ema), defaults=(1,), free_prices=1),
        Function("ppo", (FAST, SLOW, EXPONENTIAL_AVERAGE), longer(slower_ema), defaults=(1,), free_prices=1),
        *_alike("rsi rma", (PERIOD,), wilder),
        *_alike("cmo", (PERIOD,), longer(wilder)),
        *_alike("atr natr plus_di minus_di", (PERIOD,), wilder, HLC),
        *_alike("plus_dm minus_dm", (PERIOD,), wilder, HL),
        *_alike("dx adx adxr", (PERIOD,), longer(wilder), HLC),
        Function(
            "stochrsi",
            (PERIOD, PERIOD, SMOOTH, FIXED_AVERAGE),
            longer(wilder),
            (),
            STOCHASTIC,
            defaults=(0,),
            free_prices=1,
        ),
    )
}

# Known to TA-Lib, but no number of bars makes their start stop mattering, or none has been measured.
_UNMEASURED = """
ad adosc obv nvi pvi pvt vwap wad cumsum sar sarext supertrend mama kama ht_dcperiod ht_dcphase ht_phasor ht_sine
ht_trendline ht_trendmode macdext macdfix ma mavp kc eri efi massi cvi pvo smi tsi zlema kdj rvi ac ao adr cmf cmou
coppock dpo er fosc fractal ha marketfi minmaxindex maxindex minindex percentile percentrank qstick rvol vhf vortex
vwma add div mult sub acos asin atan ceil cos cosh exp floor ln log10 sin sinh sqrt tan tanh
"""
NOT_YET = frozenset(_UNMEASURED.split())
