"""What a file's name says: whose it is, what contract, which series and how long the candles are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from btcli.frozen import frozen
from btcli.symbols import COINS, Kind
from btcli.timeframe import Timeframe

_CAPITAL = r"[^\W_a-z]"  # letters of any alphabet without small ones, and digits
_DATE = r"(?:\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])|\d{1,2}[A-Z]{3}\d{2}|(?:BI|NEXT_)?QUARTER)"  # 240628, 28JUN24
_SYMBOL = re.compile(
    rf"(?<![^\W_])(?=\d*[^\W\d_a-z])({_CAPITAL}{{1,20}}?)[-_]?(USDT|USDC|USD)(?![^\W_])(_(?:USDT|USDC)(?![^\W_]))?"
    rf"(?:[-_.](?:(SWAP|PERPETUAL|PERP|P)|({_DATE}))(?![^\W_]))?"
)
_COIN = "|".join(COINS)
_OTHERS = "BTC|XBT|ETH|BNB|EUR|GBP|JPY|KRW|TRY|BRL|AUD|FDUSD|TUSD|BUSD|DAI"
_CROSS = re.compile(rf"(?<![^\W_])({_COIN})[-_]?({_OTHERS})(?![^\W_])")  # a pair in another currency, as ETHBTC
_BARE_DATED = re.compile(rf"(?<![^\W_])({_COIN})[-_]({_DATE})(?![^\W_])")  # BTC-29NOV24
_BY_LETTER = re.compile(rf"(?<![^\W_])({_COIN})(USDT|USDC|USD)?[HMUZ]2\d(?![^\W_])")  # BTCUSDTH25: March 2025
_BARE = re.compile(rf"(?<![^\W_])({_COIN})(?![^\W_])", re.IGNORECASE)
_PERP = re.compile(rf"(?<![^\W_])({_CAPITAL}{{2,15}})PERP(?![^\W_])")
_SMALL = re.compile(r"(?<![^\W_])([a-z0-9]{2,15}?)(usdt|usdc)(?![^\W_])")
_LENGTH = re.compile(r"(?<![^\W_])(\d{1,4})(m|min|h|hour|d|day|w)(?![^\W_])")
_SERIES = {
    "funding": re.compile(r"(?<![a-z])funding(?:[-_ ]?rates?)?", re.IGNORECASE),
    "index": re.compile(
        r"(?<![a-z])(?:premium(?:[-_ ]?index)?|index[-_ ]?price|(?:(?<=USD[-_ ])|(?<=USD[TC][-_ ]))index)"
        r"(?:klines)?(?![a-z])",
        re.IGNORECASE,
    ),
    "mark": re.compile(r"(?<![a-z])mark(?:[-_ ]?price)?(?:klines)?(?![a-z])", re.IGNORECASE),
    "quotes": re.compile(r"(?<![a-z])(?:quotes?|bid|ask)(?![a-z])", re.IGNORECASE),
    "trade": re.compile(r"(?<![a-z])(?:trades?|last[-_ ]?price)(?![a-z])", re.IGNORECASE),
}
MARKETS: dict[str, Kind] = {
    **dict.fromkeys(("futures", "swap", "perp", "perpetual", "linear", "um"), "perpetual"),
    **dict.fromkeys(("cm", "inverse", "coinm"), "inverse"),
    **dict.fromkeys(("delivery", "dated", "option", "options", "quarter", "bi_quarter", "next_quarter"), "dated"),
    **dict.fromkeys(("current_quarter", "this_week", "next_week", "current_month", "next_month"), "dated"),
    "spot": "spot",
}
_WORD = re.compile(r"[a-z]+", re.IGNORECASE)
_BYBIT_MT4 = re.compile(r"[A-Z0-9]+_\d+_\d{4}-\d\d-\d\d_\d{4}-\d\d-\d\d\.csv")
_DAY = re.compile(r"(?<!\d)(20\d{2})-?(0[1-9]|1[0-2])-?([0-2]\d|3[01])(?!\d)")


class NamedSymbol(NamedTuple):
    """A symbol as a name has it, and in its one spelling; `kind` is "" where the name does not say."""

    text: str
    symbol: str
    kind: Kind


@frozen
class NameSays:
    """What the names of a file say together; what they do not say, or say twice differently, is None or empty.

    `series` and `market` come with the word that says it. `symbols` has those of all names that differ, that of a
    file inside first; `coins` are well-known coins that stand in a name without a symbol.
    """

    symbols: tuple[NamedSymbol, ...] = ()
    coins: tuple[str, ...] = ()
    series: tuple[str, str] | None = None
    market: tuple[Kind, str] | None = None
    lengths: tuple[Timeframe, ...] = ()
    day: str = ""
    is_bybit_mt4: bool = False

    @property
    def symbol(self) -> NamedSymbol | None:
        """That of the file inside, else that of the archive around it."""
        return self.symbols[0] if self.symbols else None


def says(names: Sequence[str]) -> NameSays:
    """Read the names of a file, that of a file inside before that of the archive around it."""
    names = [unicodedata.normalize("NFKC", name) for name in names]  # some systems take letters apart
    symbols = {each[1:]: each for each in reversed(list(map(_symbol, names))) if each is not None}
    series = [each for each in map(_series, names) if each is not None]
    market = [each for each in map(_market, names) if each is not None]
    lengths = dict.fromkeys(length for name in names for length in _lengths(name))
    days = {f"{found[1]}-{found[2]}-{found[3]}" for name in names for found in _DAY.finditer(name)}
    return NameSays(
        tuple(reversed(symbols.values())),
        () if symbols else tuple(dict.fromkeys(found[0] for name in names for found in _BARE.finditer(name))),
        series[0] if series else None,
        market[0] if market else None,
        tuple(lengths),
        next(iter(days)) if len(days) == 1 else "",
        any(_BYBIT_MT4.match(name) for name in names),
    )


def _symbol(name: str) -> NamedSymbol | None:
    """The only symbol in a name; None for several."""
    found = {}
    for match in _SYMBOL.finditer(name):
        base, quote, settle, contract, date = match.groups()
        kind: Kind = "dated" if date else ""
        if contract or settle:
            kind = "inverse" if quote == "USD" else "perpetual"
        found[match[0]] = NamedSymbol(match[0], base + quote, kind)
    for match in _PERP.finditer(name):
        if match[1] not in ("", "USDT", "USDC", "USD") and not match[1].endswith(("USDT", "USDC", "USD")):
            found[match[0]] = NamedSymbol(match[0], match[0], "perpetual")
    for match in (*_BARE_DATED.finditer(name), *_BY_LETTER.finditer(name)):
        found[match[0]] = NamedSymbol(match[0], match[0], "dated")
    if not found:
        found = {match[0]: NamedSymbol(match[0], match[1] + match[2], "") for match in _CROSS.finditer(name)}
    if not found:
        found = {match[0]: NamedSymbol(match[0], match[0].upper(), "") for match in _SMALL.finditer(name)}
    return next(iter(found.values())) if len({each.symbol for each in found.values()}) == 1 else None


def _series(name: str) -> tuple[str, str] | None:
    for series, pattern in _SERIES.items():
        if found := pattern.search(name):
            return series, found[0]
    return None


def _market(name: str) -> tuple[Kind, str] | None:
    words = {word.lower(): word for word in _WORD.findall(name)}
    kinds = {MARKETS[word]: text for word, text in words.items() if word in MARKETS}
    return next(iter(kinds.items())) if len(kinds) == 1 else None


def _lengths(name: str) -> list[Timeframe]:
    found = []
    for match in _LENGTH.finditer(name):
        unit = match[2][0]
        if int(match[1]) and (unit in "mh" or int(match[1]) == 1):
            label = f"{int(match[1])}{unit}"
            found += [Timeframe.parse(label)] if _divides_day(int(match[1]), unit) else []
    return found


def _divides_day(count: int, unit: str) -> bool:
    return unit in "dw" or (1440 if unit == "m" else 24) % count == 0
