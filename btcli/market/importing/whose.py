"""Whose rows they are: the symbol of a file by its column, its answer, its name and what the caller says."""

from __future__ import annotations

import shlex
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import polars as pl

from btcli.errors import RequestError
from btcli.market.importing.account import count_note
from btcli.market.importing.claims import Claim
from btcli.market.importing.columns import find_column
from btcli.market.importing.filenames import MARKETS, NamedSymbol, NameSays
from btcli.market.importing.raw import RawFile
from btcli.symbols import QUOTES, Kind, Named, read_symbol

_WHAT = {
    "dated": "a contract with a date",
    "inverse": "a contract settled in its coin",
    "spot": "the spot market",
}
_NEVER = r"^(?:0|nan|none|nat|null|perpetual|-|41334048.*|2100-12-25.*)?$"  # what perpetuals have for a last day


class Whose(NamedTuple):
    """The rows of one symbol, what they are, and what was insisted on against the file."""

    raw: RawFile
    symbol: str
    claim: Claim
    notes: tuple[str, ...]


def of_one_symbol(
    raw: RawFile, symbol: str | None, name: NameSays, as_named: Sequence[str] = (), column: str | None = None
) -> Whose:
    """The rows of one symbol: by the file's symbol column, else by what its answer or its own name says.

    `as_named` are the names by which the file may call it though they contradict; `column` overrides the symbol
    column. Raises RequestError when the file holds several, another one, another contract, or does not say.
    """
    column = column or _column(raw)
    there = _there(raw, column)
    named = name.symbol
    wanted = _chosen(raw, symbol, there, named)
    texts = [text for text, each in there.items() if _fits(text, each, wanted, as_named)]
    if there and not texts:
        _refuse(raw, f"the file holds {_listed(there)}, and no {wanted}", min(there))
    texts = _one_contract(raw, texts, there, wanted, as_named)
    notes = _require_names(raw, wanted, name, as_named, bool(there))
    insisted = [text for text in texts if text in as_named]
    claim, doubts = _contract(raw, name, [there[text] for text in texts], as_named)
    told = tuple(f"{text} was taken as {wanted}, as --as-named says" for text in insisted)
    kept, nameless = _rows_of(raw, column, texts)
    left = count_note(nameless, "rows without a symbol were left out")
    return Whose(kept, wanted, claim, (*notes, *told, *doubts, *left))


def _column(raw: RawFile) -> str | None:
    """The symbol column; one that says only which market it is names none."""
    column = find_column("symbol", raw.frame.columns)
    return None if column is not None and _markets_in(raw, column) else column


def _markets_in(raw: RawFile, column: str) -> list[str]:
    """The words of a column when each of them is a market, as "spot" or "futures"."""
    if raw.frame[column].dtype != pl.String:
        return []
    words = [str(word) for word in raw.frame[column].unique(maintain_order=True).drop_nulls().to_list()]
    return words if all(word.strip().lower() in MARKETS for word in words) else []


def _one_contract(
    raw: RawFile, texts: Sequence[str], there: dict[str, Named], wanted: str, as_named: Sequence[str]
) -> list[str]:
    """Of several names that can be meant the one insisted on, else the only one of a perpetual: spot is not merged."""
    chosen = [text for text in texts if text in as_named] or list(texts)
    if len(chosen) > 1:
        chosen = [text for text in chosen if there[text].kind == "perpetual"]
    if len(chosen) == 1 or not texts:
        return chosen
    hint = f"say which, as --as-named {shlex.quote(min(texts))}"
    raise RequestError(f"the file holds {_listed(texts)}, each of which can be {wanted}", where=raw.name, hint=hint)


def _there(raw: RawFile, column: str | None) -> dict[str, Named]:
    """The names in the symbol column, or the one that the answer gives to all rows."""
    said = [raw.says[key] for key in ("symbol", "instId", "ticker", "pair") if key in raw.says]
    texts: Iterable[str] = said[:1]
    if column is not None:
        values = _words(raw, column)
        texts = sorted(text for text in values.unique().to_list() if text is not None and text.strip())
    found = {}
    for text in texts:
        try:
            found[text] = read_symbol(text)
        except RequestError as error:
            raise RequestError(error.problems[0].message, where=raw.name, hint=error.problems[0].hint) from None
    return found


def _words(raw: RawFile, column: str) -> pl.Series:
    values = raw.frame[column]
    if values.dtype in (pl.String, pl.Null, pl.Categorical, pl.Enum) or values.dtype.is_numeric():
        return values.cast(pl.String)
    raise RequestError(
        f"column {column} holds {values.dtype}, which is no symbol", where=raw.name, hint="mend the file"
    )


def _chosen(raw: RawFile, symbol: str | None, there: dict[str, Named], named: NamedSymbol | None) -> str:
    """The symbol asked for, else the only one that the file names."""
    if symbol is not None:
        return symbol
    symbols = sorted({each.symbol for each in there.values()})
    if there:
        bare = [each for each in symbols if not each.endswith((*QUOTES, "PERP"))]
        if len(symbols) != 1 or bare:
            adds = f"--symbol {shlex.quote(symbols[0])}"
            raise RequestError(
                f"the file holds {_listed(there)}", where=raw.name, hint="say which with --symbol", adds=adds
            )
        return symbols[0]
    if named is None:
        said = "the file does not say whose it is"
        raise RequestError(said, where=raw.name, hint="say it with --symbol", adds="--symbol BTCUSDT")
    return named.symbol


def _fits(text: str, named: Named, wanted: str, as_named: Sequence[str]) -> bool:
    """Whether a name in the file is the one wanted: the same, its bare coin, or one that was insisted on."""
    if text in as_named:
        return True
    if named.kind in ("dated", "inverse"):
        return False
    return named.symbol == wanted or wanted in {named.symbol + quote for quote in QUOTES}


def _require_names(
    raw: RawFile, wanted: str, name: NameSays, as_named: Sequence[str], has_column: bool
) -> tuple[str, ...]:
    """The file's own names may be those of no other symbol, contract or well-known coin."""
    others = [each for each in name.symbols if each.symbol != wanted or each.kind in ("dated", "inverse")]
    coins = [coin for coin in name.coins if coin.upper().replace("XBT", "BTC") not in wanted.replace("XBT", "BTC")]
    if not has_column and len(coins) == len(name.coins):
        others += [NamedSymbol(coin, coin, "") for coin in coins[:1]]
    for text, _, kind in others:
        if text not in as_named:
            what = f"{_WHAT[kind]}, {text}" if kind in _WHAT else text
            asked = "its rows are of" if has_column else "asked for is"
            named = next((each for each in raw.names if text in unicodedata.normalize("NFKC", each)), raw.name)
            _refuse(raw._replace(name=named), f"its name says {what}, and {asked} {wanted}", text)
    return tuple(f"{text} in the file's name was taken as {wanted}, as --as-named says" for text, _, _ in others)


def _contract(
    raw: RawFile, name: NameSays, named: Sequence[Named], as_named: Sequence[str]
) -> tuple[Claim, tuple[str, ...]]:
    """Which contract it is, a perpetual where nothing says otherwise, and what is to be known of it.

    A contract with a date or settled in its coin is refused, and spot that is called a perpetual beside.
    """
    found = _markets(raw, name)
    for kind, word, because in found:
        if kind in ("dated", "inverse") and word not in as_named:
            _refuse(raw, f"{because} says {_WHAT[kind]}, and what is simulated is a perpetual", word)
    facts = [because for kind, _, because in found if kind == "perpetual"]
    facts += ["the symbol's name"] if any(each.kind == "perpetual" for each in named) else []
    facts += ["its name"] if name.symbol is not None and name.symbol.kind == "perpetual" else []
    insisted = [f"--as-named {word}" for kind, word, _ in found if kind in _WHAT and word in as_named]
    spot = [(word, because) for kind, word, because in found if kind == "spot" and word not in as_named]
    if spot and facts:
        word, because = spot[0]
        _refuse(raw, f"the file contradicts itself: {because} says spot, {facts[0]} perpetual", word)
    if spot:
        note = f"{spot[0][1]} says spot: a perpetual has other prices, and wicks that spot does not have"
        return Claim("instrument", "spot", spot[0][1]), (note,)
    return Claim("instrument", "perpetual", next(iter((*insisted, *facts)), "")), ()


def _markets(raw: RawFile, name: NameSays) -> list[tuple[Kind, str, str]]:
    """Kinds of contract that an answer, the file's name and a column of markets say: the word, and what says it."""
    found: list[tuple[Kind, str, str]] = []
    for key in ("category", "contractType"):
        if (word := raw.says.get(key, "")) and word.lower() in MARKETS:
            found.append((MARKETS[word.lower()], word, f"{key} {word}"))
    if name.market is not None:
        found.append((*name.market, f"{name.market[1]} in its name"))
    columns = raw.frame.columns
    for column in filter(None, (find_column("symbol", columns), find_column("kind", columns))):
        for word in _markets_in(raw, column):
            found.append((MARKETS[word.strip().lower()], word, f"its column {column}"))
    expiry = find_column("expiry", columns)
    if expiry is not None:
        ends = raw.frame[expiry].cast(pl.String, strict=False).drop_nulls().str.strip_chars().str.to_lowercase()
        found += [("dated", expiry, f"its column {expiry}")] if not ends.str.contains(_NEVER).all() else []
    return found


def _rows_of(raw: RawFile, column: str | None, texts: Sequence[str]) -> tuple[RawFile, int]:
    """The rows that have one of these names, and how many have none at all."""
    if column is None or not texts:
        return raw, 0
    values = raw.frame[column].cast(pl.String, strict=False)
    kept = values.is_in(list(texts)).fill_null(False)
    nameless = int((values.fill_null("").str.strip_chars() == "").sum())
    return (raw if kept.all() else raw.only(kept)), nameless


def _refuse(raw: RawFile, said: str, word: str) -> None:
    hint = f"check --symbol; if it is meant all the same: --as-named {shlex.quote(word)}"
    raise RequestError(said, where=raw.name, hint=hint)


def _listed(names: Iterable[str], most: int = 5) -> str:
    texts = list(names)
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more if texts else "no symbol at all"
