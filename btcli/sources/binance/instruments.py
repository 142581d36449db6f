"""Specs of Binance's USDT-margined perpetuals, as a snapshot file writes them.

Source: the USDⓈ-M futures page on exchange information. Risk tiers need a key there, so they are the packaged ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from btcli.config.specs.snapshots import packaged_specs
from btcli.errors import SourceError
from btcli.sources.answers import decimal_of, field_of, life_of, list_of, text_of, time_of
from btcli.sources.binance.answers import value_of
from btcli.sources.http import Again, HttpClient, Reply
from btcli.timeframe import utc_text

_PATH = "/fapi/v1/exchangeInfo"


def instruments(http: HttpClient, symbols: Sequence[str]) -> list[dict[str, Any]]:
    """Specs of every symbol with its packaged tiers; raises SourceError where there is no perpetual or no tiers."""

    def judge(reply: Reply) -> list[dict[str, Any]]:
        answer = value_of(reply)
        listed = {text_of(item, "symbol"): item for item in list_of(answer, "symbols")}
        if not listed:
            raise Again("the answer lists no symbol at all")
        day = utc_text(time_of(field_of(answer, "serverTime")))[:10]
        return [{"symbol": symbol, "as_of": day, **_specs(listed, symbol, day)} for symbol in symbols]

    return http.get(_PATH, {}, judge)


def _specs(listed: dict[str, Any], symbol: str, day: str) -> dict[str, Any]:
    item = listed.get(symbol, {})
    if item.get("contractType") != "PERPETUAL" or item.get("marginAsset", "USDT") != "USDT":
        raise SourceError(f"{symbol} is no perpetual settled in USDT at binance", hint="check the symbol")
    packaged = packaged_specs("binance").get(symbol)
    if packaged is None:
        raise SourceError(
            f"the risk tiers of {symbol} are not public", hint="write its rules under instruments: in the system file"
        )
    tiers = [tier.model_dump(exclude_none=True) for tier in packaged.tiers]
    source = {"steps and sizes": f"Binance GET {_PATH}, {day}", "tiers": packaged.source}
    return {**specs_of(item), "source": source, "tiers": tiers}


def specs_of(item: Any) -> dict[str, Any]:
    """Steps as decimals in text, sizes and rates as numbers, the listing as far as the venue tells it."""
    filters = {text_of(one, "filterType"): one for one in list_of(item, "filters")}
    try:
        price, lot, market, value = (filters[name] for name in _FILTERS)
    except KeyError as error:
        raise Again(f"the answer has no filter {error}") from error
    return {
        "tick_size": decimal_of(field_of(price, "tickSize")),
        "qty_step": decimal_of(field_of(lot, "stepSize")),
        "min_qty": float(decimal_of(field_of(lot, "minQty"))),
        "max_qty": float(decimal_of(field_of(lot, "maxQty"))),
        "max_market_qty": float(decimal_of(field_of(market, "maxQty"))),
        "min_notional_usdt": float(decimal_of(field_of(value, "notional"))),
        "liquidation_fee_rate": float(decimal_of(field_of(item, "liquidationFee"))),
        **life_of(item, "onboardDate", "deliveryDate"),
    }


_FILTERS = ("PRICE_FILTER", "LOT_SIZE", "MARKET_LOT_SIZE", "MIN_NOTIONAL")
