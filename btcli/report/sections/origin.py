"""Where a run comes from: its manifest with every digest, so that it can be made again and compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from btcli.legible.figures import ABSENT, day
from btcli.report.content import RunContent
from btcli.report.html import Markup, element
from btcli.report.sections.parts import Cell, name, note, pairs, part, table

PASSED = {True: "passed", False: "failed", None: "skipped"}


def origin(content: RunContent) -> Markup:
    """The inputs, the files and the machine of a run; what the page was made without."""
    manifest = content.manifest
    return part(
        "Where it comes from",
        pairs(_head(content)),
        _series(manifest["inputs"].get("series", ())),
        _files(manifest.get("outputs") or {}),
        _folded("Preflight", _preflight(manifest.get("preflight") or {})),
        _folded("Environment", pairs(_leaves("", manifest.get("environment") or {}))),
        note(element("code", f"btcli replay {content.run_id}"), " makes this run again and compares every byte."),
        kind="origin",
    )


def _head(content: RunContent) -> Iterator[tuple[Cell, Cell]]:
    manifest = content.manifest
    inputs: Mapping[str, Any] = manifest["inputs"]
    strategy: Mapping[str, Any] = inputs.get("strategy", {})
    yield "run", element("code", content.run_id)
    yield "system", name(str(manifest.get("system", ABSENT)))
    yield "window", name(str(manifest.get("window", ABSENT)))
    yield "status", f"{manifest.get('status', ABSENT)}"
    yield "rules version", str(inputs.get("rules_version", ABSENT))
    yield "engine", digest(inputs.get("engine_sha256"))
    yield "strategy", element("span", name(str(strategy.get("name", ABSENT))), " ", digest(strategy.get("sha256")))
    for symbol, sha256 in (inputs.get("instruments") or {}).items():
        yield element("span", "specs of ", name(symbol)), digest(sha256)
    for formula, spans in (inputs.get("formulas") or {}).items():
        yield formula, "; ".join(_formula(span) for span in spans)
    yield "last state", digest((manifest.get("outputs") or {}).get("state_hash"))


def _formula(span: Mapping[str, Any]) -> str:
    since, until = span.get("from"), span.get("until")
    bounds = [f"from {day(since)}" if since else "", f"until {day(until)}" if until else ""]
    return " ".join([f"by {span.get('basis')}", *[bound for bound in bounds if bound]])


def digest(sha256: str | None) -> Markup:
    """A digest, whole: it can be compared and copied."""
    return element("code", sha256 or ABSENT, class_="digest")


def _series(series: Sequence[Mapping[str, Any]]) -> Markup:
    rows = (
        (name(each["series"]), f"{each['rows']:,}", day(each["first"]), day(each["last"]), digest(each["sha256"]))
        for each in series
    )
    return table(("series that were read", "rows", "first", "last", "sha256"), rows, kind="digests")


def _files(outputs: Mapping[str, Any]) -> Markup:
    files: Mapping[str, Mapping[str, Any]] = outputs.get("files", {})
    rows = ((name(file), f"{each['size']:,}", digest(each["sha256"])) for file, each in files.items())
    return table(("files that were written", "bytes", "sha256"), rows, kind="digests")


def _preflight(told: Mapping[str, Any]) -> Markup:
    return pairs((("result", PASSED.get(told.get("passed"), ABSENT)), *_leaves("", {**told, "passed": None})))


def _folded(title: str, inside: Markup) -> Markup:
    return element("details", element("summary", title), inside)


def _leaves(key: str, value: Any) -> Iterator[tuple[Cell, Cell]]:
    """What a mapping holds, by dotted names; what is empty says nothing."""
    if isinstance(value, Mapping):
        for step, below in value.items():
            yield from _leaves(f"{key}.{step}" if key else str(step), below)
    elif isinstance(value, list | tuple):
        for place, below in enumerate(value, 1):
            yield from _leaves(f"{key} {place}", below)
    elif value is not None and value != "":
        yield name(key), name(str(value))
