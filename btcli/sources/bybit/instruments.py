"""Specs of Bybit's linear perpetuals, as a snapshot file writes them.

Sources: the v5 pages on market/instruments-info and market/risk-limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from btcli.errors import SourceError
from btcli.sources.answers import decimal_of, field_of, life_of, list_of, text_of
from btcli.sources.bybit.answers import result_of
from btcli.sources.http import Again, HttpClient, Reply
from btcli.timeframe import utc_text

_SPECS_PATH = "/v5/market/instruments-info"
_TIERS_PATH = "/v5/market/risk-limit"


def instruments(http: HttpClient, symbols: Sequence[str], now_ms: int) -> list[dict[str, Any]]:
    """Specs and tiers of every symbol; raises SourceError for one that is no USDT perpetual there."""
    day = utc_text(now_ms)[:10]
    source = {
        "steps and sizes": f"Bybit GET {_SPECS_PATH}, category linear, {day}",
        "tiers": f"Bybit GET {_TIERS_PATH}, category linear, {day}",
    }
    return [
        {"symbol": symbol, "as_of": day, **_specs(http, symbol), "source": source, "tiers": _tiers(http, symbol)}
        for symbol in symbols
    ]


def _specs(http: HttpClient, symbol: str) -> dict[str, Any]:
    def judge(reply: Reply) -> dict[str, Any]:
        for item in list_of(result_of(reply)[0], "list"):
            if field_of(item, "symbol") == symbol:
                return specs_of(item)
        raise Again(f"the answer has no rules of {symbol}")

    return http.get(_SPECS_PATH, {"category": "linear", "symbol": symbol}, judge)


def specs_of(item: Any) -> dict[str, Any]:
    """Steps as decimals in text, sizes as numbers, the listing as far as the venue tells it."""
    if (field_of(item, "contractType"), field_of(item, "settleCoin")) != ("LinearPerpetual", "USDT"):
        raise SourceError(f"{item['symbol']} is no perpetual settled in USDT")
    lots = field_of(item, "lotSizeFilter")
    return {
        "tick_size": decimal_of(field_of(item, "priceFilter", "tickSize")),
        "qty_step": decimal_of(field_of(lots, "qtyStep")),
        "min_qty": float(decimal_of(field_of(lots, "minOrderQty"))),
        "max_qty": float(decimal_of(field_of(lots, "maxOrderQty"))),
        "max_market_qty": float(decimal_of(field_of(lots, "maxMktOrderQty"))),
        "min_notional_usdt": float(decimal_of(field_of(lots, "minNotionalValue"))),
        **_cap_of(item),
        **life_of(item, "launchTime", "deliveryTime"),
    }


def _cap_of(item: Any) -> dict[str, float]:
    """The largest funding rate of one settlement, either way; older answers do not print it."""
    printed = [str(item[name]) for name in ("upperFundingRate", "lowerFundingRate") if item.get(name)]
    return {"funding_cap_rate": max(abs(float(decimal_of(rate))) for rate in printed)} if printed else {}


def _tiers(http: HttpClient, symbol: str) -> list[dict[str, float]]:
    """All pages of risk limits, smallest first."""
    rows: list[dict[str, float]] = []
    cursor, seen = "", {""}
    while True:
        params: dict[str, str | int] = {"category": "linear", "symbol": symbol}
        page, cursor = http.get(_TIERS_PATH, params | ({"cursor": cursor} if cursor else {}), _tiers_judge(symbol))
        rows += page
        if cursor in seen or not page:
            return sorted(rows, key=lambda tier: tier["limit_usdt"])
        seen.add(cursor)


def _tiers_judge(symbol: str) -> Any:
    def judge(reply: Reply) -> tuple[list[dict[str, float]], str]:
        result = result_of(reply)[0]
        listed = list_of(result, "list")
        if not listed or any(field_of(item, "symbol") != symbol for item in listed):
            raise Again(f"the answer has no risk limits of {symbol} alone")
        return [tier_of(item) for item in listed], text_of({"nextPageCursor": "", **result}, "nextPageCursor")

    return judge


def tier_of(item: Any) -> dict[str, float]:
    """One risk tier; a deduction that is not printed stays out and is derived later."""
    tier = {
        "limit_usdt": float(decimal_of(field_of(item, "riskLimitValue"))),
        "maintenance_rate": float(decimal_of(field_of(item, "maintenanceMargin"))),
        "initial_rate": float(decimal_of(field_of(item, "initialMargin"))),
        "max_leverage": float(decimal_of(field_of(item, "maxLeverage"))),
    }
    if "mmDeduction" in item:
        tier["deduction_usdt"] = float(decimal_of(item["mmDeduction"] or "0"))
    return tier
