"""Answers of the venues that somebody saved as files: which page they are, of which day, and the specs in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, TypeVar

from btcli.errors import Problem, SourceError, UnusableFiles
from btcli.frozen import frozen
from btcli.sources.answers import text_of, time_of
from btcli.sources.binance import brackets as binance_brackets
from btcli.sources.binance import instruments as binance_instruments
from btcli.sources.bybit import instruments as bybit_instruments
from btcli.sources.http import Again
from btcli.sources.library_tiers import LibraryTiers, library_tiers
from btcli.timeframe import utc_text

Row = TypeVar("Row")
BYBIT_SPECS, BYBIT_TIERS = "/v5/market/instruments-info", "/v5/market/risk-limit"
BINANCE_SPECS, BINANCE_TIERS = "/fapi/v1/exchangeInfo", binance_brackets.PATH
WHOLE = "save the whole answer to GET {}"


@frozen
class SavedSpecs:
    """One answer: specs, or tiers, by symbol; `day` is "" when it does not say when it was given.

    `others` counts what is no perpetual settled in USDT, `has_more` tells a page with another one after it.
    """

    venue: str
    page: str
    day: str = ""
    specs: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    tiers: Mapping[str, list[dict[str, float]]] = field(default_factory=dict)
    others: int = 0
    has_more: bool = False
    adjusted: tuple[str, ...] = ()


def saved_specs(answer: Any, name: str) -> SavedSpecs | None:
    """What the answer holds, None when it is of neither venue; `name` is that of its file, for messages.

    Raises UnusableFiles with every row that cannot be read.
    """
    if isinstance(answer, dict) and "retCode" in answer:
        return _of_bybit(answer, name)
    if isinstance(answer, dict) and isinstance(answer.get("symbols"), list):
        return _of_exchange_info(answer, name)
    if (tiers := library_tiers(answer)) is not None:
        return _of_library(tiers, name)
    if isinstance(answer, dict) and {"code", "msg"} <= answer.keys() and _is_error_code(answer["code"]):
        raise _refused(f"is an error of binance: {answer['code']} ({answer['msg']})", name, BINANCE_SPECS)
    brackets = answer if isinstance(answer, list) else [answer]
    if brackets and all(isinstance(item, dict) and "brackets" in item for item in brackets):
        return _of_brackets(brackets, name)
    return None


def _of_bybit(answer: Mapping[str, Any], name: str) -> SavedSpecs:
    if answer["retCode"] != 0:
        said = f"is an error of bybit: {answer['retCode']} ({answer.get('retMsg', '')})"
        raise _refused(said, name, f"{BYBIT_SPECS}?category=linear")
    result = answer.get("result")
    listed = result.get("list") if isinstance(result, dict) else None
    if not isinstance(result, dict) or not isinstance(listed, list) or not listed:
        raise _refused("lists nothing under result.list", name, f"{BYBIT_SPECS}?category=linear")
    if result.get("category") != "linear":
        raise _refused(f"is of category {result.get('category')}", name, f"{BYBIT_SPECS}?category=linear")
    day, has_more = _day(answer.get("time"), name), bool(result.get("nextPageCursor"))
    if isinstance(listed[0], dict) and "riskLimitValue" in listed[0]:
        rows = _rows(listed, "result.list", name, bybit_instruments.tier_of)
        return SavedSpecs("bybit", BYBIT_TIERS, day, tiers=_by_symbol(rows), has_more=has_more)
    traded = [item for item in listed if not _is_other(item, "LinearPerpetual", "settleCoin")]
    specs = dict(_rows(traded, "result.list", name, bybit_instruments.specs_of))
    return SavedSpecs("bybit", BYBIT_SPECS, day, specs, others=len(listed) - len(traded), has_more=has_more)


def _of_exchange_info(answer: Mapping[str, Any], name: str) -> SavedSpecs:
    listed = answer["symbols"]
    traded = [item for item in listed if not _is_other(item, "PERPETUAL", "marginAsset")]
    specs = dict(_rows(traded, "symbols", name, binance_instruments.specs_of))
    day = _day(answer.get("serverTime"), name)
    return SavedSpecs("binance", BINANCE_SPECS, day, specs, others=len(listed) - len(traded))


def _of_library(found: LibraryTiers, name: str) -> SavedSpecs:
    """Tiers that the common library saved: the rows of the venue, as its own answers have them."""
    if found.venue == "binance":
        page, listed = BINANCE_TIERS, [{"symbol": symbol, "brackets": rows} for symbol, rows in found.rows.items()]
        tiers = dict(_rows(listed, "", name, binance_brackets.tiers_of))
    else:
        flat = [{**row, "symbol": symbol} for symbol, rows in found.rows.items() for row in rows]
        page, tiers = BYBIT_TIERS, _by_symbol(_rows(flat, "", name, bybit_instruments.tier_of))
    return SavedSpecs(found.venue, page, tiers=tiers, others=found.others)


def _is_error_code(code: Any) -> bool:
    """Binance's errors are whole numbers below 0; other venues answer with code and msg as well."""
    return isinstance(code, int) and code < 0


def _of_brackets(listed: list[Any], name: str) -> SavedSpecs:
    tiers = dict(_rows(listed, "", name, binance_brackets.tiers_of))
    adjusted = tuple(str(item["symbol"]) for item in listed if binance_brackets.is_adjusted(item))
    return SavedSpecs("binance", BINANCE_TIERS, tiers=tiers, adjusted=adjusted)


def _is_other(item: Any, kind: str, coin_key: str) -> bool:
    """Whether it is surely something else than a perpetual settled in USDT."""
    return isinstance(item, dict) and (item.get("contractType", kind), item.get(coin_key, "USDT")) != (kind, "USDT")


def _rows(listed: list[Any], place: str, name: str, parse: Callable[[Any], Row]) -> list[tuple[str, Row]]:
    """Each item's symbol and what `parse` makes of it; all that cannot be read is told in one error."""
    rows: list[tuple[str, Row]] = []
    wrong: dict[str, list[str]] = {}
    for number, item in enumerate(listed):
        symbol = item.get("symbol", "") if isinstance(item, dict) else ""
        try:
            rows.append((text_of(item, "symbol"), parse(item)))
        except (Again, SourceError) as error:
            said = str(error).replace("the answer has", "there is", 1)
            wrong.setdefault(said, []).append(f"{name} {place}[{number}]" + (f" ({symbol})" if symbol else ""))
    if wrong:
        raise UnusableFiles(tuple(_told(said, places) for said, places in wrong.items()))
    return rows


def _told(said: str, places: list[str]) -> Problem:
    more = f" (and in {len(places) - 1:,} other rows)" if len(places) > 1 else ""
    return Problem(f"{said}{more}", places[0], "save the answer anew, or write a file of your own")


def _by_symbol(rows: list[tuple[str, dict[str, float]]]) -> dict[str, list[dict[str, float]]]:
    """Tiers of each symbol, smallest first."""
    tiers: dict[str, list[dict[str, float]]] = {}
    for symbol, tier in sorted(rows, key=lambda row: row[1]["limit_usdt"]):
        tiers.setdefault(symbol, []).append(tier)
    return tiers


def _day(time: Any, name: str) -> str:
    """The day of the venue's clock; "" when the answer carries none."""
    if time in (None, 0, "0", ""):
        return ""
    try:
        return utc_text(time_of(time))[:10]
    except Again as error:
        raise _refused(str(error), name, "the page once more") from None


def _refused(said: str, name: str, page: str) -> UnusableFiles:
    return UnusableFiles((Problem(said, name, WHOLE.format(page)),))
