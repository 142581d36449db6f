"""Small answers of the venues as somebody would save them, written by hand after the shapes of their pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

AUGUST_5 = 1_785_888_000_000  # 2026-08-05T00:00:00Z
FEBRUARY_19 = 1_645_233_611_962  # 2022-02-19T01:20:11Z


def bybit_tier(
    symbol: str, limit: str, maintenance: str, initial: str, leverage: str, deduction: str
) -> dict[str, Any]:
    """A row of risk-limit."""
    return {
        "id": 1,
        "symbol": symbol,
        "riskLimitValue": limit,
        "maintenanceMargin": maintenance,
        "initialMargin": initial,
        "maxLeverage": leverage,
        "mmDeduction": deduction,
    }


def bybit_answer(*listed: Any, time: int = AUGUST_5, **result: Any) -> dict[str, Any]:
    """The envelope of v5 around rows."""
    whole = {"category": "linear", "list": list(listed), "nextPageCursor": "", **result}
    return {"retCode": 0, "retMsg": "OK", "result": whole, "retExtInfo": {}, "time": time}


def bybit_tiers(symbol: str) -> list[dict[str, Any]]:
    """Two tiers, the larger one first."""
    return [
        bybit_tier(symbol, "2600000", "0.0056", "0.0111", "90.00", "1200"),
        bybit_tier(symbol, "2000000", "0.005", "0.01", "100.00", ""),
    ]


def binance_item(symbol: str, **changes: Any) -> dict[str, Any]:
    """A symbol of exchangeInfo."""
    return {
        "symbol": symbol,
        "contractType": "PERPETUAL",
        "onboardDate": 1_569_398_400_000,
        "deliveryDate": 4_133_404_802_000,
        "marginAsset": "USDT",
        "liquidationFee": "0.012000",
        "filters": [
            {"filterType": "PRICE_FILTER", "tickSize": "0.10", "minPrice": "402", "maxPrice": "1246396.60"},
            {"filterType": "LOT_SIZE", "stepSize": "0.001", "minQty": "0.001", "maxQty": "1000"},
            {"filterType": "MARKET_LOT_SIZE", "stepSize": "0.001", "minQty": "0.001", "maxQty": "120"},
            {"filterType": "MIN_NOTIONAL", "notional": "10"},
        ],
        **changes,
    }


def exchange_info(*symbols: Any, time: int = FEBRUARY_19) -> dict[str, Any]:
    """The answer of exchangeInfo."""
    return {"timezone": "UTC", "serverTime": time, "futuresType": "U_MARGINED", "symbols": list(symbols)}


def brackets(symbol: str, **changes: Any) -> dict[str, Any]:
    """A symbol of leverageBracket: plain numbers, no time."""
    return {
        "symbol": symbol,
        "brackets": [
            {"bracket": 1, "initialLeverage": 125, "notionalCap": 50000, "notionalFloor": 0, "maintMarginRatio": 0.004,
             "cum": 0.0},
            {"bracket": 2, "initialLeverage": 100, "notionalCap": 600000, "notionalFloor": 50000,
             "maintMarginRatio": 0.005, "cum": 50.0},
        ],
        **changes,
    }  # fmt: skip


def library(**rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Leverage tiers as the common library saves them, around the venue's own rows."""
    return {
        name: [
            {"tier": float(n), "symbol": name, "currency": "USDT", "minNotional": 0.0, "maxNotional": 1.0,
             "maintenanceMarginRate": 0.5, "maxLeverage": 2.0, "info": info}
            for n, info in enumerate(infos, start=1)
        ]
        for name, infos in rows.items()
    }  # fmt: skip


def saved(folder: Path, name: str, answer: Any) -> Path:
    """A file with an answer, or with text as it is."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(answer if isinstance(answer, str) else json.dumps(answer))
    return path
