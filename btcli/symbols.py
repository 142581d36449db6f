"""The one spelling of a perpetual's name, whatever spelling of the field it is asked for by."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from btcli.errors import RequestError
from btcli.frozen import frozen

Kind = Literal["perpetual", "dated", "inverse", "spot", ""]
QUOTES = ("USDT", "USDC", "USD")
COINS = ("BTC", "XBT", "ETH", "SOL", "XRP", "DOGE", "ADA", "BNB", "LTC", "BCH", "AVAX", "TRX", "SUI", "SHIB", "PEPE")
LONGEST = 30
_DATE = r"(?:\d{6}|\d{8}|\d{1,2}[A-Z]{3}\d{2,4})"  # 240628, 20240628 or 28JUN24
_DATED = re.compile(rf"(.+?)[-_]{_DATE}(?:[-_][0-9.]+[-_][CP])?")
_BY_LETTER = re.compile(r"(.+(?:USDT|USDC|USD))[HMUZ]2\d")  # BTCUSDTH25: that of March 2025
# Some tools add the venue: BTCUSDT-PERP.BINANCE.
_SWAP = re.compile(r"(.+?)(?:[-_.](?:SWAP|PERP|PERPETUAL|LINEAR|P)(?:\.[A-Z]+)?|(?<=USDT)PERP|(?<=USDC)PERP)")
_PARTS = re.compile(r"\w+(?:[-_/. ]\w+)*")
_SETTLED = re.compile(r"([^/:]+)/([^/:]+):([^/:-]+)(?:-(.+))?")  # BASE/QUOTE:SETTLE and, of a dated one, its end


@frozen
class Named:
    """A name in its one spelling, and what it says of the contract; "" where it does not say."""

    symbol: str
    kind: Kind


def is_symbol(text: str) -> bool:
    """Whether a text is a symbol in its one spelling: 2 to 30 letters of any alphabet or digits, none lower case.

    >>> is_symbol("BTCUSDT"), is_symbol("币安人生USDT"), is_symbol("btcusdt"), is_symbol("BTC/USDT")
    (True, True, False, False)
    """
    return 2 <= len(text) <= LONGEST and text.isalnum() and text == _folded(text)


def read_symbol(text: str) -> Named:
    """Take any of the field's spellings of a symbol apart.

    >>> read_symbol("BTC/USDT:USDT"), read_symbol("btc-usdt-swap").symbol, read_symbol("BTCUSDT_240628").kind
    (Named(symbol='BTCUSDT', kind='perpetual'), 'BTCUSDT', 'dated')

    Raises RequestError for what is no name of a symbol.
    """
    folded = _folded(text.strip().rpartition("::")[2])
    _, colon, bare = folded.rpartition(":")
    if found := _SETTLED.fullmatch(folded):
        base, quote, settle, end = found.groups()
        return _named(text, base + quote, "dated" if end else "perpetual" if settle == quote else "inverse")
    if colon and "/" not in folded:
        folded = bare  # an exchange in front, as charts write it
    if found := _DATED.fullmatch(folded) or _BY_LETTER.fullmatch(folded):
        return _named(text, found[1], "dated")
    if found := _SWAP.fullmatch(folded):
        return _named(text, found[1], "inverse" if _joined(found[1]).endswith("USD") else "perpetual")
    return _named(text, folded, "spot" if "/" in folded else "")


def symbol_of(text: str, *, where: str = "") -> str:
    """The one spelling of a perpetual that somebody asks for by `text`.

    Raises RequestError for what is no name, and for a contract with a date or one settled in its coin.
    """
    named = read_symbol(text)
    if named.kind in ("dated", "inverse"):
        what = "a contract with a date" if named.kind == "dated" else "a contract settled in its coin"
        raise RequestError(f"{text!r} is {what}", where=where, hint="perpetuals settled in USDT are what is simulated")
    return named.symbol


def _named(text: str, name: str, kind: Kind) -> Named:
    symbol = _joined(name)
    if not (is_symbol(symbol) and _PARTS.fullmatch(name)):
        hint = "a symbol is 2 to 30 letters and digits, such as BTCUSDT"
        raise RequestError(f"{text!r} is no name of a symbol", hint=hint)
    return Named(symbol, kind)


def _joined(name: str) -> str:
    return re.sub(r"[-_/. ]", "", name)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).upper()
