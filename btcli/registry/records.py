"""What the registry holds: results, seals, and openings of seals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from btcli.frozen import frozen
from btcli.registry.lines import add_lines, read_lines

SCHEMA = 1
AFTER_REVEAL = "after_reveal"  # in the environment of a manifest: something that had been sealed was read
RESULT_DIGITS = 24  # of the sha256 of a result
T = TypeVar("T")


class Span(NamedTuple):
    """[start_ms, end_ms) of one symbol on one venue."""

    venue: str
    symbol: str
    start_ms: int
    end_ms: int

    def meets(self, other: Span) -> bool:
        """Whether both hold a moment of the same market."""
        is_same = (self.venue, self.symbol) == (other.venue, other.symbol)
        return is_same and self.start_ms < other.end_ms and other.start_ms < self.end_ms


@frozen
class Tried:
    """Results on the same data: of one run, or of some trials of a sweep; `by` says of which."""

    venue: str
    symbols: tuple[str, ...]
    start_ms: int
    end_ms: int
    by: str
    results: tuple[str, ...]
    after_reveal: bool = False
    at: str = ""


@frozen
class Seal:
    """A span that nobody wants to see yet."""

    span: Span
    at: str = ""


@frozen
class Opening:
    """A seal was opened: by what."""

    span: Span  # of the seal
    by: str
    at: str = ""


@frozen
class Registry:
    """All that a registry holds, in the order in which it came; `damaged` names lines that say nothing."""

    path: Path
    tried: tuple[Tried, ...] = ()
    seals: tuple[Seal, ...] = ()
    openings: tuple[Opening, ...] = ()
    damaged: tuple[str, ...] = ()

    def opened(self, seal: Seal) -> Opening | None:
        """When a seal was opened first; None while it is closed."""
        return next((each for each in self.openings if each.span == seal.span), None)


def read_registry(path: Path) -> Registry:
    """The registry in a file; an empty one where there is none. Raises AccessError for one that cannot be read."""
    lines, torn = read_lines(path)
    damaged = [f"{path}:{number}: is no object of JSON" for number in torn]
    tried, seals, openings = list[Tried](), list[Seal](), list[Opening]()
    for number, line in lines.items():
        try:
            match _record(line):
                case Tried() as record:
                    tried.append(record)
                case Seal() as record:
                    seals.append(record)
                case record:
                    openings.append(record)
        except (KeyError, TypeError, ValueError) as error:
            damaged.append(f"{path}:{number}: {_said(error)}")
    return Registry(path, tuple(tried), tuple(seals), tuple(openings), tuple(damaged))


def _record(line: Mapping[str, Any]) -> Tried | Seal | Opening:
    if line.get("schema") != SCHEMA:
        raise ValueError(f"has schema {line.get('schema')}, this btcli reads {SCHEMA}")
    match line["kind"]:
        case "tried":
            return _tried(line)
        case "seal":
            return Seal(_span(line), str(line["at"]))
        case "opening":
            return Opening(_span(line), str(line["by"]), str(line["at"]))
        case other:
            raise ValueError(f"is of kind {other!r}")


def _said(error: Exception) -> str:
    return f"has no {error}" if isinstance(error, KeyError) else str(error)


def add_to(path: Path, records: Iterable[Tried | Seal | Opening]) -> None:
    """Add records to a registry; raises AccessError when the file system refuses."""
    add_lines(path, [_line(each) for each in records])


def _line(record: Tried | Seal | Opening) -> dict[str, Any]:
    if isinstance(record, Tried):
        return {
            "schema": SCHEMA,
            "kind": "tried",
            "venue": record.venue,
            "symbols": list(record.symbols),
            "start_ms": record.start_ms,
            "end_ms": record.end_ms,
            "by": record.by,
            "after_reveal": record.after_reveal,
            "at": record.at,
            "results": list(record.results),
        }
    said = {"schema": SCHEMA, "kind": "seal", **record.span._asdict(), "at": record.at}
    return said if isinstance(record, Seal) else {**said, "kind": "opening", "by": record.by}


def _tried(line: Mapping[str, Any]) -> Tried:
    return Tried(
        venue=_of(str, line["venue"]),
        symbols=_texts(line["symbols"]),
        start_ms=_of(int, line["start_ms"]),
        end_ms=_of(int, line["end_ms"]),
        by=_of(str, line["by"]),
        results=_texts(line["results"]),
        after_reveal=_of(bool, line["after_reveal"]),
        at=_of(str, line["at"]),
    )


def _span(line: Mapping[str, Any]) -> Span:
    return Span(_of(str, line["venue"]), _of(str, line["symbol"]), _of(int, line["start_ms"]), _of(int, line["end_ms"]))


def _texts(value: Sequence[Any]) -> tuple[str, ...]:
    return tuple(_of(str, each) for each in _of(list, value))


def _of(kind: type[T], value: Any) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value
