"""Binance's public archive: one zip per month with one CSV in it, and a checksum file beside it.

A file is believed when its checksum fits; it may be issued again, so both are fetched anew when they do not agree.
Source: the README of github.com/binance/binance-public-data.
"""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import Final, NamedTuple

from btcli.errors import SourceError
from btcli.sources.answers import candles_of
from btcli.sources.http import Again, HttpClient, Notice, Reply
from btcli.sources.patience import Patience
from btcli.sources.source import CandleKind, Page
from btcli.sources.spans import Span, contiguous
from btcli.sources.venue import blocked, retry_after_s, sha256_hex
from btcli.timeframe import Timeframe

_FOLDERS: Final = {"trade": "klines", "mark": "markPriceKlines"}
_LARGEST_CSV_BYTES = 64 << 20


class Month(NamedTuple):
    """A calendar month, UTC, as the archive names it: "2024-01"."""

    name: str
    span: Span


class BinanceArchive:
    """The archive at an address, in whole months."""

    def __init__(self, base_url: str, patience: Patience, notice: Notice | None = None) -> None:
        self._http = HttpClient(base_url, patience, notice)

    def candles(self, symbol: str, kind: CandleKind, timeframe: Timeframe, month: Month) -> list[Page]:
        """The candles of a month as contiguous pages; none when it is not published.

        Raises SourceError when the checksum does not fit, twice, or the file makes no sense.
        """
        name = f"{symbol}-{timeframe}-{month.name}.zip"
        path = f"/data/futures/um/monthly/{_FOLDERS[kind]}/{symbol}/{timeframe}/{name}"
        reply = self._checked(path, name)
        if reply is None:
            return []
        try:
            rows = candles_of(
                _table(reply.body),
                timeframe,
                newest_first=False,
                volume=True,
                now_ms=month.span.end_ms,
                with_ends=True,
            )
        except Again as error:
            raise SourceError(f"the archive file makes no sense: {error}", where=path, hint=_HINT) from error
        if rows and (rows[0][0] < month.span.start_ms or rows[-1][0] >= month.span.end_ms):
            raise SourceError(f"the archive file has candles that are not of {month.name}", where=path, hint=_HINT)
        if kind == "mark":
            rows = [(*row[:5], 0.0) for row in rows]
        digest = sha256_hex(reply.body)
        return [
            Page(run[0][0], run[-1][0] + timeframe.ms, run, digest, reply.url)
            for run in contiguous(list(rows), timeframe.ms)
        ]

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _checked(self, path: str, name: str) -> Reply | None:
        """The file whose sha256 the checksum file prints."""

        def judge(reply: Reply) -> Reply | None:
            if not _published(reply):
                return None
            promised = self._http.get(f"{path}.CHECKSUM", {}, lambda answer: _promise(answer, name))
            if promised is None:
                return None
            if promised != sha256_hex(reply.body):
                raise Again(f"{name} and its checksum do not fit: {promised[:12]} was promised")
            return reply

        return self._http.get(path, {}, judge)


_HINT = "set BTCLI_BINANCE_ARCHIVE_URL=none to fetch page by page"


def archive_months(span: Span) -> list[Month]:
    """The whole calendar months inside a span."""
    months: list[Month] = []
    at = datetime.fromtimestamp(span.start_ms / 1000, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while True:
        following = at.replace(year=at.year + at.month // 12, month=at.month % 12 + 1)
        month = Month(f"{at:%Y-%m}", Span(int(at.timestamp() * 1000), int(following.timestamp() * 1000)))
        if month.span.end_ms > span.end_ms:
            return months
        if month.span.start_ms >= span.start_ms:
            months.append(month)
        at = following


def _published(reply: Reply) -> bool:
    if reply.status == 200:
        return True
    if reply.status == 404:
        return False
    if reply.status in (403, 451):
        refused = blocked("the archive of binance", reply)  # a file store bans nobody: no wait for the others
        raise SourceError(str(refused), where=reply.url, hint=refused.hint)
    if reply.status == 429 or reply.status >= 500:
        raise Again(f"the archive answered HTTP {reply.status}", retry_after_s(reply))
    raise SourceError(f"the archive answered HTTP {reply.status}", where=reply.url)


def _promise(reply: Reply, name: str) -> str | None:
    """The digest that a checksum file prints for this file: `<64 hex digits>  <name>`."""
    if not _published(reply):
        return None
    words = reply.body.decode("ascii", "replace").split()
    if len(words) != 2 or words[1].lstrip("*") != name or len(words[0]) != 64:
        raise Again(f"the checksum file of {name} makes no sense")
    return words[0].lower()


def _table(body: bytes) -> list[list[str]]:
    """The rows of the only file in a zip, without the header if it has one; raises Again for anything else."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            (member,) = archive.infolist()
            if member.file_size > _LARGEST_CSV_BYTES:
                raise Again("the file in the archive is too large")
            text = archive.read(member).decode("ascii")
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError) as error:
        raise Again(f"the archive is broken: {error}") from error
    lines = text.split()
    if lines and not lines[0][:1].isdigit():
        del lines[0]
    return [line.split(",") for line in lines]
