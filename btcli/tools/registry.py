"""The tools that may change the store, by name: every change of data goes through `execute` and is accounted for."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, NamedTuple

from btcli.errors import BtcliError, RequestError
from btcli.frozen import frozen
from btcli.market.series import Series


class SeriesRange(NamedTuple):
    """The part [start_ms, end_ms) of a series that a tool worked on."""

    series: Series
    start_ms: int
    end_ms: int


class ToolItem(NamedTuple):
    """One range of a call: whether it is whole in the store now, how many rows came, from where, and what is wrong."""

    part: SeriesRange
    ok: bool
    rows: int
    source: str
    message: str = ""


class Weight(NamedTuple):
    """What a call would cost: requests to the venue, and rows at most."""

    requests: int
    rows: int


@frozen
class ToolReport:
    """What a tool did: rows new or changed, where, in a sentence; `details` is for the screen.

    `error` is what ended the work early; what `rows`, `ranges` and `items` tell was done nevertheless.
    """

    rows: int
    ranges: tuple[SeriesRange, ...]
    message: str
    changed: bool
    details: Mapping[str, Any] = field(default_factory=dict)
    items: tuple[ToolItem, ...] = ()
    error: BtcliError | None = None


@frozen
class Tool:
    """A named function with typed keyword arguments that returns a ToolReport or raises a BtcliError.

    `weigh` takes the same arguments and tells, without asking the venue, what the call would cost.
    """

    name: str
    run: Callable[..., ToolReport]
    summary: str = ""
    weigh: Callable[..., Weight] | None = None

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments as they are written: name, type and default."""
        return tuple(str(each).replace("'", "") for each in inspect.signature(self.run).parameters.values())


@frozen
class ToolResult:
    """One call of a tool, for reports and manifests; `changed` tells whether the store is different now.

    `message` holds the error too; `done` leaves it out, for screens that show errors in a place of their own.
    """

    name: str
    arguments: Mapping[str, Any]
    ok: bool
    rows: int
    ranges: tuple[SeriesRange, ...]
    message: str
    duration_s: float
    changed: bool
    details: Mapping[str, Any]
    error: BtcliError | None = None
    items: tuple[ToolItem, ...] = ()
    done: str = ""

    def checked(self) -> ToolResult:
        """This result; raises the tool's own error when it failed."""
        if self.error is not None:
            raise self.error
        return self

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        ranges = [{"series": str(r.series), "start_ms": r.start_ms, "end_ms": r.end_ms} for r in self.ranges]
        return {
            "name": self.name,
            "arguments": dict(self.arguments),
            "ok": self.ok,
            "rows": self.rows,
            "ranges": ranges,
            "message": self.message,
            "duration_s": round(self.duration_s, 3),
            **({"items": [_item(item) for item in self.items]} if self.items else {}),
        }


class ToolRegistry:
    """A fixed set of tools; `asides` are sentences about the store that the next call's message ends with."""

    def __init__(self, tools: Iterable[Tool], asides: list[str] | None = None) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._asides = [] if asides is None else asides

    def names(self) -> tuple[str, ...]:
        """The names of all tools, sorted."""
        return tuple(sorted(self._tools))

    def tools(self) -> tuple[Tool, ...]:
        """All tools, in the order of their names."""
        return tuple(self._tools[name] for name in self.names())

    def weigh(self, name: str, **arguments: Any) -> Weight:
        """What a call would cost; nothing for a tool that asks no venue.

        Raises RequestError like `execute`.
        """
        tool = self._checked(name, arguments)
        return Weight(0, 0) if tool.weigh is None else tool.weigh(**arguments)

    def execute(self, name: str, **arguments: Any) -> ToolResult:
        """Run a tool to its end; an expected failure is a result that is not ok.

        Raises RequestError for a name that is not here and for arguments that do not fit.
        """
        tool = self._checked(name, arguments)
        said = {key: _plain(value) for key, value in arguments.items()}
        started = time.perf_counter()
        try:
            report = tool.run(**arguments)
        except BtcliError as error:
            asides = self._said_asides()
            message, done = "; ".join([str(error), *asides]), "; ".join(asides)
            passed_s = time.perf_counter() - started
            return ToolResult(name, said, False, 0, (), message, passed_s, False, {}, error, done=done)
        asides = self._said_asides()
        stopped = [] if report.error is None else [f"stopped: {report.error}"]
        return ToolResult(
            name,
            said,
            report.error is None,
            report.rows,
            report.ranges,
            "; ".join([report.message, *stopped, *asides]),
            time.perf_counter() - started,
            report.changed,
            report.details,
            report.error,
            report.items,
            "; ".join([report.message, *(["stopped"] if stopped else []), *asides]),
        )

    def _said_asides(self) -> list[str]:
        said, self._asides[:] = list(self._asides), []
        return said

    def _checked(self, name: str, arguments: Mapping[str, Any]) -> Tool:
        tool = self._tools.get(name)
        if tool is None:
            raise RequestError(f"there is no tool {name}", hint=f"there are {', '.join(self.names()) or 'none'}")
        try:
            inspect.signature(tool.run).bind(**arguments)
        except TypeError as error:
            raise RequestError(f"{tool.name} was called wrongly: {error}") from error
        return tool


def _item(item: ToolItem) -> dict[str, Any]:
    series, start_ms, end_ms = item.part
    said = {"series": str(series), "start_ms": start_ms, "end_ms": end_ms, "ok": item.ok, "rows": item.rows}
    return {**said, "source": item.source, "message": item.message}


def _plain(value: Any) -> Any:
    """A value as it may stand in a manifest: a path is only its name."""
    if isinstance(value, Path):
        return value.name
    if isinstance(value, Series):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
