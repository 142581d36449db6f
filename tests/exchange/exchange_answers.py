"""Reads hand-computed cases: markets, decisions and what must come of them, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from exchange_scenarios import (
    INSTRUMENT,
    START_MS,
    STEP_MS,
    TERMS,
    AddMargin,
    Cancel,
    Close,
    Decision,
    Entry,
    Scenario,
)
from ruamel.yaml import YAML

from btcli.exchange.book.codes import EXIT_NAMES
from btcli.exchange.face.request import Target
from btcli.timeframe import duration_ms

FOLDER = Path(__file__).parent / "answers"
SIDES = {"long": 1, "short": -1}
REQUIRED = {"name", "says", "bars", "decisions", "trades", "final"}
OPTIONAL = {"symbols", "instrument", "rules", "cash", "grid", "mark", "funding", "events", "never", "refusals"}
TIMES = {"start", "step_ms"}
NOTED = {"status", "row", "rows", "counts", "note"}


class Case(NamedTuple):
    """A scenario and what it must give."""

    topic: str
    name: str
    says: str
    scenario: Scenario
    expected: Mapping[str, Any]


def all_cases() -> list[Case]:
    """Every case of the folder, in the order of the files' names."""
    cases = []
    for path in sorted(FOLDER.glob("*.yml")):
        cases += [_case(path.stem, item) for item in YAML(typ="safe", pure=True).load(path)]
    return cases


def moment(text: str, scenario: Scenario) -> int:
    """Milliseconds of "open 3" or "close 3": the opening or the close of that bar, holes not counted."""
    edge, place = text.split()
    index = int(place)
    on_axis = index if scenario.grid is None else scenario.grid[index]
    return scenario.start_ms + scenario.step_ms * (on_axis + (edge == "close"))


def _case(topic: str, item: Mapping[str, Any]) -> Case:
    wrong = (set(item) - REQUIRED - OPTIONAL - TIMES - NOTED) | (REQUIRED - set(item))
    if wrong:
        raise ValueError(f"{topic}: {item.get('name')}: unknown or missing keys {sorted(wrong)}")
    symbols = item.get("symbols", ["A"])
    by_symbol = len(symbols) > 1

    def each(key: str) -> list[Any]:
        return [item[key].get(symbol) for symbol in symbols] if by_symbol else [item[key]]

    changes = each("instrument") if "instrument" in item else [{}] * len(symbols)
    bars = each("bars")
    start_ms, step_ms = _milliseconds(item.get("start")), int(item.get("step_ms", STEP_MS))
    scenario = Scenario(
        last=[[_bar(bar) for bar in series] for series in bars],
        mark=[[_bar(bar)[:4] for bar in series] for series in each("mark")] if "mark" in item else None,
        decisions={int(step): [_decision(one, symbols) for one in many] for step, many in item["decisions"].items()},
        funding=[[_settlement(one, start_ms, step_ms) for one in many or ()] for many in each("funding")]
        if "funding" in item
        else (),
        instruments=[
            INSTRUMENT._replace(symbol=symbol, **(change or {}))
            for symbol, change in zip(symbols, changes, strict=True)
        ],
        terms=TERMS._replace(**item.get("rules", {})),
        cash=float(item.get("cash", 10_000.0)),
        grid=item.get("grid"),
        has_bar=[[bar is not None for bar in series] for series in bars],
        start_ms=start_ms,
        step_ms=step_ms,
    )
    return Case(topic, item["name"], item["says"], scenario, item)


def _milliseconds(start: str | None) -> int:
    """The opening of the first bar, from a time such as "2025-09-01T23:50:00Z"."""
    return START_MS if start is None else int(datetime.fromisoformat(start).timestamp() * 1000)


def _bar(bar: Sequence[float] | float | None) -> list[float]:
    """A bar as O H L C with volume 100 unless given; one number is a flat bar, nothing is no bar."""
    if bar is None:
        return [0.0] * 5
    if not isinstance(bar, Sequence):
        return [float(bar)] * 4 + [100.0]
    return [float(value) for value in bar] + [100.0] * (5 - len(bar))


NUMBERS = {
    "stop": "stop_price",
    "target": "target_price",
    "limit": "price",
    "trigger": "trigger_price",
    "trail": "trail_distance",
    "activation": "trail_activation",
    "break_even": "break_even_distance",
    "size": "sizing_value",
}


def _decision(text: str, symbols: Sequence[str]) -> Decision:
    """One decision, such as "long B limit 990 stop 950", "close qty 0.5 limit 1050", "cancel" or "margin 50"."""
    verb, *words = text.split()
    symbol = symbols.index(words.pop(0)) if words and words[0] in symbols else 0
    if verb == "cancel":
        return Cancel(symbol)
    if verb == "margin":
        return AddMargin(symbol, float(words[0]))
    if verb == "close":
        reason = words.pop(0) if words and words[0] in EXIT_NAMES else "signal"
        return Close(symbol, reason, _fields(words))
    fields = _fields(words)
    short = {name: fields.pop(name) for name in set(Entry._fields) & set(fields)}
    return Entry(symbol, SIDES[verb], **short, more=fields)


def _fields(words: list[str]) -> dict[str, Any]:
    """The fields of an order request: words with a number each, `tif GTC`, `expires 20m`, `targets P:S/P:S`, a word."""
    fields: dict[str, Any] = {"post_only": True} if "post_only" in words else {}
    words = [word for word in words if word != "post_only"]
    for key, value in zip(words[::2], words[1::2], strict=True):
        if key == "tif":
            fields["time_in_force"] = value
        elif key == "expires":
            fields["expires_after_ms"] = duration_ms(value)
        elif key == "targets":
            parts = [part.split(":") for part in value.split("/")]
            fields["targets"] = tuple(Target(price=float(price), share=float(share)) for price, share in parts)
        else:
            fields[NUMBERS.get(key, key)] = float(value)
    kind = ("stop_" if "trigger" in words else "") + ("limit" if "limit" in words else "market")
    return fields | ({"type": kind} if kind != "market" else {}) | ({"sizing": "qty"} if "size" in words else {})


def _settlement(one: Mapping[str, float], start_ms: int, step_ms: int) -> tuple[int, float, float]:
    """A settlement at a place on the time axis, which may lie inside a bar: 2.4 is two fifths into bar 2."""
    return (start_ms + round(one["at"] * step_ms), float(one["rate"]), float(one.get("mark", 0.0)))
