"""The shapes of both venues' answers, made from a market."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wire.venue_archives import archive_file
from wire.venue_faults import ROW_FAULTS
from wire.venue_world import MINUTE_MS, Market, texts

if TYPE_CHECKING:
    from wire.venue_server import Request, VenueServer

Reply = tuple[int, Any, dict[str, str]]
DAY_MS = 1440 * MINUTE_MS
STEP_MS = {"D": DAY_MS, "W": 7 * DAY_MS} | {
    label: minutes * MINUTE_MS
    for label, minutes in {"1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "2h": 120, "4h": 240, "6h": 360,
                           "8h": 480, "12h": 720, "1d": 1440, "1w": 10080}.items()
}  # fmt: skip
BYBIT_MINUTES = {"1", "3", "5", "15", "30", "60", "120", "240", "360", "720"}
TIERS = [("2000000", "0.005", "0.01", "100.00", ""), ("2600000", "0.0056", "0.0111", "90.00", "1200")]


def answer_to(server: VenueServer, request: Request, fault: str) -> Reply:
    """Status, JSON value or bytes, and headers."""
    if request.path.startswith("/data/futures/um/"):
        return archive_file(server, request.path, fault)
    if request.path.startswith("/v5/"):
        return _bybit(server, request, fault)
    if request.path.startswith("/fapi/v1/"):
        return _binance(server, request, fault)
    return 404, b"", {}


def _bybit(server: VenueServer, request: Request, fault: str) -> Reply:
    about, params = request.path.removeprefix("/v5/market/"), request.params
    if about == "time":
        nano = server.now_ms * 1_000_000
        return _said(server, {"timeSecond": str(nano // 10**9), "timeNano": str(nano)})
    market = server.market(params.get("symbol", ""))
    if market is None or params.get("category") != "linear":
        return _said(server, {}, 10001, "params error: symbol invalid")
    if about in ("kline", "mark-price-kline"):
        return _bybit_candles(server, market, "trade" if about == "kline" else "mark", params, fault)
    if about == "funding/history":
        return _bybit_funding(server, market, params, fault)
    listed = {"instruments-info": [_instrument(market)], "risk-limit": _tiers(market)}.get(about)
    if listed is None:
        return 404, b"", {}
    return _said(server, {"category": "linear", "list": listed, "nextPageCursor": ""})


def _bybit_candles(server: VenueServer, market: Market, kind: str, params: dict[str, str], fault: str) -> Reply:
    interval, limit = params["interval"], int(params.get("limit", 200))
    step_ms = int(interval) * MINUTE_MS if interval in BYBIT_MINUTES else STEP_MS[interval]
    first, last = int(params["start"]), int(params["end"])
    rows = _shown(
        server, market, kind, step_ms, first - first % step_ms if step_ms < 7 * DAY_MS else first, last, fault
    )
    rows = _varied(server, kind, rows[-limit:])
    width = 6 if kind == "trade" else 5
    listed = [[str(row[0]), *texts(row), "1.5"][: width + (kind == "trade")] for row in rows]
    listed = ROW_FAULTS.get(fault, list)(listed)[::-1]
    symbol = "OTHERUSDT" if fault == "wrong_symbol" else market.symbol
    return _said(server, {"symbol": symbol, "category": "linear", "list": listed})


def _bybit_funding(server: VenueServer, market: Market, params: dict[str, str], fault: str) -> Reply:
    if "startTime" in params and "endTime" not in params:
        return _said(server, {}, 10001, "params error: startTime needs endTime")
    first, last = int(params.get("startTime", 0)), int(params.get("endTime", server.now_ms))
    symbol = "OTHERUSDT" if fault == "wrong_symbol" else market.symbol
    listed = [
        {"symbol": symbol, "fundingRate": rate, "fundingRateTimestamp": str(ts)}
        for ts, rate in _settled(server, market, first, last)[-int(params.get("limit", 200)) :]
    ]
    return _said(server, {"category": "linear", "list": ROW_FAULTS.get(fault, list)(listed)[::-1]})


def _binance(server: VenueServer, request: Request, fault: str) -> Reply:
    about, params = request.path.removeprefix("/fapi/v1/"), request.params
    if about == "time":
        return 200, {"serverTime": server.now_ms}, {}
    if about == "exchangeInfo":
        return 200, {"serverTime": server.now_ms, "symbols": [_filters(market) for market in server.markets]}, {}
    market = server.market(params.get("symbol", ""))
    if market is None:
        return 400, {"code": -1121, "msg": "Invalid symbol."}, {}
    first, last = int(params.get("startTime", 0)), int(params.get("endTime", server.now_ms))
    limit = int(params.get("limit", 500))
    if about == "fundingRate":
        symbol = "OTHERUSDT" if fault == "wrong_symbol" else market.symbol
        rows = _settled(server, market, first, last)[:limit]
        listed: list[Any] = [
            {"symbol": symbol, "fundingTime": ts, "fundingRate": rate, "markPrice": ""} for ts, rate in rows
        ]
    elif about in ("klines", "markPriceKlines"):
        kind, step_ms = ("trade" if about == "klines" else "mark"), STEP_MS[params["interval"]]
        rows = _varied(server, kind, _shown(server, market, kind, step_ms, first, last, fault)[:limit])
        listed = [[row[0], *texts(row), row[0] + step_ms - 1, "0", 1, "0", "0", "0"] for row in rows]
    else:
        return 404, b"", {}
    return 200, ROW_FAULTS.get(fault, list)(listed), {}


def _shown(
    server: VenueServer, market: Market, kind: str, step_ms: int, first: int, last: int, fault: str
) -> list[list[int]]:
    """Rows that open in [first, last], the unfinished one among them; with some faults also rows nobody asked for."""
    if fault == "overlapping":
        first -= 3 * step_ms
    if fault == "unfinished":
        last = max(last, server.now_ms)
    table, visible = market.candles(kind, step_ms), server.shown(kind, first, last)
    chosen = table[(table[:, 0] >= first) & (table[:, 0] <= last)].tolist()
    return [row for row in chosen if visible(row[0])]


def _varied(server: VenueServer, kind: str, rows: list[list[int]]) -> list[list[int]]:
    """The candles, some of them with another high and close."""
    lies = {row[0]: server.variation(kind, row[0]) for row in rows} if server.varied else {}
    return [
        [*row[:2], row[2] + ticks, row[3], row[2] + ticks, row[5]] if (ticks := lies.get(row[0], 0)) else row
        for row in rows
    ]


def _settled(server: VenueServer, market: Market, first: int, last: int) -> list[tuple[int, str]]:
    visible = server.shown("funding", first, last)
    shown = [(ts, rate) for ts, rate in market.settlements() if first <= ts <= last and visible(ts)]
    lies = {ts: server.variation("funding", ts) for ts, _ in shown} if server.varied else {}
    return [(ts, f"{lies[ts] / 1e4:.8f}" if lies.get(ts) else rate) for ts, rate in shown]


def _said(server: VenueServer, result: dict[str, Any], code: int = 0, message: str = "OK") -> Reply:
    return 200, {"retCode": code, "retMsg": message, "result": result, "retExtInfo": {}, "time": server.now_ms}, {}


def bybit_item(symbol: str, **changes: Any) -> dict[str, Any]:
    """A row of instruments-info of Bybit."""
    return {
        "symbol": symbol,
        "contractType": "LinearPerpetual",
        "status": "Trading",
        "settleCoin": "USDT",
        "launchTime": "1584230400000",
        "deliveryTime": "0",
        "priceFilter": {"minPrice": "0.10", "maxPrice": "1999999.80", "tickSize": "0.10"},
        "lotSizeFilter": {
            "maxOrderQty": "1190.000",
            "minOrderQty": "0.001",
            "qtyStep": "0.001",
            "maxMktOrderQty": "119.000",
            "minNotionalValue": "5",
        },
        **changes,
    }


def _instrument(market: Market) -> dict[str, Any]:
    launched = str(market.first_ms - 5 * DAY_MS)
    return bybit_item(market.symbol, launchTime=launched, fundingInterval=market.interval_ms // MINUTE_MS)


def _tiers(market: Market) -> list[dict[str, Any]]:
    keys = ("riskLimitValue", "maintenanceMargin", "initialMargin", "maxLeverage", "mmDeduction")
    rows = [dict(zip(keys, tier, strict=True)) for tier in TIERS]
    return [
        {"id": number, "symbol": market.symbol, "isLowestRisk": int(number == 1), **row}
        for number, row in enumerate(rows, 1)
    ]


def _filters(market: Market) -> dict[str, Any]:
    return {
        "symbol": market.symbol,
        "contractType": "PERPETUAL",
        "status": "TRADING",
        "quoteAsset": "USDT",
        "marginAsset": "USDT",
        "onboardDate": market.first_ms,
        "deliveryDate": 4_133_404_800_000,
        "liquidationFee": "0.012500",
        "filters": [
            {"filterType": "PRICE_FILTER", "tickSize": "0.10", "minPrice": "0.10", "maxPrice": "999999"},
            {"filterType": "LOT_SIZE", "stepSize": "0.001", "minQty": "0.001", "maxQty": "1000"},
            {"filterType": "MARKET_LOT_SIZE", "stepSize": "0.001", "minQty": "0.001", "maxQty": "120"},
            {"filterType": "MIN_NOTIONAL", "notional": "100"},
        ],
    }
