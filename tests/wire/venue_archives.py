"""Binance's public archive: a zip with one CSV per month or day, and a checksum file beside it."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from wire.venue_world import Market, texts

if TYPE_CHECKING:
    from wire.venue_server import VenueServer

FOLDERS = {"klines": "trade", "markPriceKlines": "mark", "fundingRate": "funding"}
CANDLE_HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
)
FUNDING_HEADER = "calc_time,funding_interval_hours,last_funding_rate"
_NAME = re.compile(
    r"/data/futures/um/(?:monthly|daily)/(\w+)/(\w+)/(?:(\w+)/)?\w+-\w+-(\d{4})-(\d{2})(?:-(\d{2}))?\.zip(\.CHECKSUM)?"
)


def archive_file(server: VenueServer, path: str, fault: str) -> tuple[int, Any, dict[str, str]]:
    """The zip or its checksum; 404 for a period that is not over, for a market that is not here and for what is barred.

    `server.archives[path]` replaces a file (empty bytes: not published); the checksum is that of what is served.
    """
    found = _NAME.fullmatch(path)
    zip_path = path.removesuffix(".CHECKSUM")
    body = server.archives.get(zip_path)
    if body is None and found is not None:
        body = _made(server, found, header=fault != "no_header")
        if not server.hidden and not fault:
            server.archives[zip_path] = body
    if not body:
        return 404, b"<Error><Code>NoSuchKey</Code></Error>", {"Content-Type": "application/xml"}
    if not path.endswith(".CHECKSUM"):
        return 200, body, {"Content-Type": "application/zip"}
    digest = hashlib.sha256(b"another issue" if fault == "wrong_checksum" else body).hexdigest()
    return 200, f"{digest}  {zip_path.rsplit('/', 1)[-1]}\n".encode(), {"Content-Type": "text/plain"}


def zipped(name: str, text: str) -> bytes:
    """A zip that holds one file, the same bytes every time."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _made(server: VenueServer, found: re.Match[str], *, header: bool) -> bytes:
    from wire.venue_shapes import STEP_MS

    folder, symbol, interval, year, month, day = found.groups()[:6]
    market, kind = server.market(symbol), FOLDERS.get(folder)
    start = datetime(int(year), int(month), int(day or 1), tzinfo=UTC)
    end = start.replace(day=1, month=start.month % 12 + 1, year=start.year + start.month // 12)
    start_ms = int(start.timestamp() * 1000)
    end_ms = start_ms + 86_400_000 if day else int(end.timestamp() * 1000)
    if market is None or kind is None or end_ms > server.now_ms or end_ms <= market.first_ms:
        return b""
    lines = _candle_lines(server, market, kind, STEP_MS[interval], start_ms, end_ms) if interval else None
    if lines is None:
        lines = _funding_lines(server, market, start_ms, end_ms)
    head = [FUNDING_HEADER if kind == "funding" else CANDLE_HEADER] if header else []
    return zipped("part.csv", "\n".join([*head, *lines]) + "\n")


def _candle_lines(
    server: VenueServer, market: Market, kind: str, step_ms: int, start_ms: int, end_ms: int
) -> list[str]:
    table, visible = market.candles(kind, step_ms), server.shown(kind, start_ms, end_ms - 1)
    rows = [row for row in table.tolist() if start_ms <= row[0] < end_ms and visible(row[0])]
    return [f"{row[0]},{','.join(texts(row))},{row[0] + step_ms - 1},0,1,0,0,0" for row in rows]


def _funding_lines(server: VenueServer, market: Market, start_ms: int, end_ms: int) -> list[str]:
    visible = server.shown("funding", start_ms, end_ms - 1)
    rows = [(ts, rate) for ts, rate in market.settlements() if start_ms <= ts < end_ms and visible(ts)]
    return [f"{ts},{market.interval_ms // 3_600_000},{rate}" for ts, rate in rows]
