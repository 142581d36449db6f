"""docs/features.md, every function that features may be made of, from the catalog; run this file to write it anew."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEAD = """\
# Functions of features

Written by `make docs` from the catalog. Under `features:` a name stands for an expression over the closed bars of its
role: a function such as `slow: "ema(close, 50)"`, or what is made of functions, prices and other features. All
{functions} functions are TA-Lib's, by its names in small letters; `btcli features` lists them, too.

## Expressions

```yaml
features:
  ltf:
    fast: "ema(close, 9)"
    spread: "(fast - ema(close, 21)) / close"
    smooth: "sma(rsi(close, 14), 3)"
    range: "ema(high - low, 9)"
    slope: "fast - fast[3]"
    top: "max(high, 20)[1]"
    quiet: "count(high - low < range, 10)"
strategy:
  rules:
    long:
      enter: close > top and slope > 0 and quiet >= 5
      exit: smooth > 70 or spread < 0
      stop: 2 * range
```

- The language is that of [rules](rules.md#what-can-be-named), with its words, limits and messages: `+ - * /`, `abs`,
  `x[n]`, `highest`, `lowest`, and `count` of a condition, in which all stands that conditions are made of. What a
  feature comes to is a number.
- A feature may name others of its role, wherever they stand; one that is made of itself is refused. It is then made of
  what they are made of, over bars of its own: `fast` has the same bits with `slope` beside it and without it, and
  `fast - fast[3]` of a rule differs from `slope` by less than `warmup.tolerance`. With all that it names a feature has
  at most {levels} levels and {parts:,} parts.
- It reads bars of its own role and nothing else. What names several roles, parameters, `mark`, funding, the time or
  `bars_since` is for rules: features are computed once, over bars before the window too.
- `max(high, 20)` and `min(low, 20)`, with a number at the end, are the functions of the list: the highest and lowest of
  20 bars. Else they are arithmetic, as rules have them: `max(20, high)` and `max(open, close)` are the greater of both.
- **Unknown** is what divides by zero or is no finite number. A function over such a series begins anew after it, as if
  history began there, and is unknown until its own warm-up has passed again; one that is anchored stays unknown. Where
  a feature is unknown its role is not ready, and nothing is decided, of which the run warns: where that is not meant,
  divide in a rule, or by `max(0.01, high - low)`.

## Functions of your own

What the language cannot say a function in Python can. It lies in a file beside the system (or in a module), takes a
polars frame of closed bars, and gives a number for each of them: a series, an expression or a numpy array.

```python
import polars as pl


def zscore(bars: pl.DataFrame, n: int = 20) -> pl.Series:
    close = bars["close"]
    return (close - close.rolling_mean(n)) / close.rolling_std(n)
```

```yaml
features:
  ltf:
    z: {{python: "my_features.py:zscore", bars: 50, args: {{n: 50}}}}
    smooth: "sma(z, 3)"
```

- The frame has `ts_open`, `ts_close` (milliseconds UTC), `open`, `high`, `low`, `close`, `volume`, one row a bar of
  the role, the oldest first. `args` are numbers, words, true or false, by the names that the function gives them.
- `bars` is how many bars before its own a value needs; so many are loaded before the window. Nothing, NaN and
  infinities are unknown, and the role is not ready there.
- In rules, in other features and for Python strategies it is a feature like others, of `ltf`, `mtf` or `htf`.
- **It is held to what it may know**, on each symbol's own bars and at each run: asked twice it gives the same; of the
  first bars alone (all but the last one, two and three; a quarter, a half and three quarters; `bars` and 1, 2, 4, 8 …
  more) it gives the same as with those that come later; and over 32 stretches with `bars` bars before them it gives
  the same as over all of history, up to `warmup.tolerance` of a value. What differs ends the run with exit
  code 4, the bar and both values. So a running total, or a mean of all bars, is refused. A look ahead that shows at
  none of these places is not seen.
- Its file, and what it imports of your project, is in the run's identity and in its pack as a strategy is; a replay
  says before it runs it. A report, and `btcli explain RUN --at`, run no code of anybody's, and leave out what it
  computes.

## Functions

- Prices are `open`, `high`, `low`, `close`, `volume`, and the means `hl2`, `hlc3` and `ohlc4`; they come before the
  numbers, and so does what stands for one, as in `ema(high - low, 9)`. A function that is written without
  one reads the prices of its last column by itself: `atr(14)` is `atr(high, low, close, 14)`.
- Of a function with several outputs one is chosen: `bbands(close, 20, 2, 2).lower`.
- Numbers in brackets may be left out, and are then those that stand there.
- An index is bars ago: `maxindex(high, 20)` is 0 on the highest of twenty bars; of equal ones the newest counts.
- A candle pattern is above 0 where it is there and bullish (mostly 100), below 0 where it is bearish, else 0. Those of
  TA-Lib that know one direction alone say 100 or -100 as it does.

## History

- **fixed**: reads a number of bars and nothing before them.
- **recursive**: never quite forgets where it began. It gets as many bars before the window as make the start matter
  less than `warmup.tolerance` ([data.md](data.md#warm-up-and-who-asks-for-it)); `btcli/features/warmup.csv` holds the
  measurement. Of functions of functions the bars add up.
- **by average**: fixed with the averages {windows}; recursive with the others.
- **state**: is in one of several states, and nothing tells for how long. It gets {state_bars} bars before the window,
  or what its smoothing needs where that is more.
- **anchored**: made of everything since its first bar, which is the last one closed at the window's start, or
  stands `warmup.bars` before it where the file says so. Neither other features nor more history in the
  store move that bar. The level says nothing: compare it with its own past, not with a number. What moves, scales or
  averages it is anchored too.

## Kinds

Rules warn of a comparison of quantities that have no scale in common ([rules.md](rules.md#what-is-compared)). The kind
of a function is in its row, with the range that its values never leave: **as read** is that of what it reads, so that
`sma(volume, 20)` is a volume; a **change** of prices is a distance between them, any other of the kind that changes;
a **sum** of volumes is one, and nothing is said of any other; of **other** nothing is said either.

## Averages

The number `average` chooses one of TA-Lib's: {averages}.
Of TA-Lib's others 7 takes no period (write `mama`), 10 and 11 are none.

## The last bit

The values are those that TA-Lib computes over the same bars, to the last bit, whatever a strategy or a library has
set in TA-Lib for the whole process. Marked with * are {exact} functions in which TA-Lib carries one running sum through
the whole series, and with it the rounding of long ago, or takes any of equal bars; here each window is computed by
itself, and agrees with TA-Lib to about nine digits. Where there is a choice of averages that holds for the fixed ones.
Candle patterns carry such sums, too, and are TA-Lib's own. Bar by bar each function has the bits that it has for all
bars at once.
"""
TITLES = "| written | what it is | outputs | kind | history | prices of its own |"
AVERAGE_NAMES = {
    0: "simple",
    1: "exponential",
    2: "weighted",
    3: "double exponential",
    4: "triple exponential",
    5: "triangular",
    6: "Kaufman's",
    8: "T3 with factor 0.7",
    9: "Hull's",
    12: "zero-lag exponential",
    13: "Wilder's",
}


def functions_page() -> str:
    """Markdown: what is common to all, a table per group of TA-Lib, and what is left out."""
    from btcli.expressions.scanning import MOST_LEVELS
    from btcli.features.catalog import FUNCTIONS, LEFT_OUT, STATE_BARS
    from btcli.features.exact import EXACT
    from btcli.features.meanings import MOST_PARTS
    from btcli.features.memory import AVERAGES, OF_WINDOWS

    head = HEAD.format(
        functions=len(FUNCTIONS),
        levels=MOST_LEVELS,
        parts=MOST_PARTS,
        state_bars=STATE_BARS,
        windows=", ".join(map(str, OF_WINDOWS)),
        averages=", ".join(f"{number} {AVERAGE_NAMES[number]}" for number in AVERAGES),
        exact=len(EXACT),
    )
    return head + "".join(_groups()) + "".join(_left_out(LEFT_OUT))


def _groups() -> Iterator[str]:
    import talib
    from talib import abstract

    for group, names in talib.get_function_groups().items():
        rows = [_row(name.lower(), abstract.Function(name).info["display_name"]) for name in sorted(names)]
        if any(rows):
            yield f"\n## {group}\n\n{TITLES}\n|---|---|---|---|---|---|\n"
            yield "".join(rows)


def _row(name: str, title: str) -> str:
    from btcli.features.catalog import FUNCTIONS
    from btcli.features.exact import EXACT

    function = FUNCTIONS.get(name)
    if function is None:
        return ""
    least = len(function.parameters) - len(function.defaults)
    prices = ("close", "open")[: function.free_prices]
    written = [p.name for p in function.parameters[:least]]
    optional = [f"{p.name}={value:g}" for p, value in zip(function.parameters[least:], function.defaults, strict=True)]
    inside = ", ".join((*prices, *written)) + (f" [{', '.join(optional)}]" if optional else "")
    star = " *" if name in EXACT else ""
    cells = (
        f"`{name}({inside})`{star}",
        title,
        ", ".join(function.outputs),
        _kinds(name),
        _history(name),
        ", ".join(function.implied),
    )
    return f"| {' | '.join(cells)} |\n"


def _kinds(name: str) -> str:
    """The kind of each output, once where they are all of one."""
    from btcli.features.catalog import FUNCTIONS
    from btcli.features.kinds import written_kind

    def said(output: str) -> str:
        kind, span = written_kind(name, output)
        return kind if span is None else f"{kind}, {span[0]:g} to {span[1]:g}"

    outputs = FUNCTIONS[name].outputs or ("",)
    each = {output: said(output) for output in outputs}
    if len(set(each.values())) == 1:
        return each[outputs[0]]
    return "; ".join(f"{output}: {kind}" for output, kind in each.items())


def _history(name: str) -> str:
    from btcli.features.catalog import FUNCTIONS

    function = FUNCTIONS[name]
    if function.anchored:
        return "anchored"
    if function.state_bars:
        return "state"
    if any(p.choices for p in function.parameters) and name != "stochrsi":
        return "by average"
    return "fixed" if function.forgets else "recursive"


def _left_out(reasons: dict[str, str]) -> Iterator[str]:
    yield "\n## Left out\n\n| of TA-Lib | why |\n|---|---|\n"
    for reason in dict.fromkeys(reasons.values()):
        names = ", ".join(f"`{name}`" for name, why in sorted(reasons.items()) if why == reason)
        yield f"| {names} | {reason} |\n"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    (ROOT / "docs" / "features.md").write_text(functions_page())
