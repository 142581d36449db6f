"""Specs in a file of the user's own: a snapshot, or YAML of the shape of `instruments:` in a system file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from btcli.config.document import read_document
from btcli.config.findings import Finding, KeyPath, did_you_mean
from btcli.config.places import Places
from btcli.config.specs.snapshots import FORMAT, flat_specs
from btcli.config.specs.symbol import SymbolSpecs
from btcli.config.types import InOrder, Section, Symbol
from btcli.config.validating import one_per_mistake
from btcli.config.wording import UNKNOWN, finding_of, shown
from btcli.errors import UnusableFiles
from btcli.frozen import frozen

KEYS = ("format", "venue", "as_of", "about", "instruments")
_EXAMPLE = "such as BTCUSDT: {tick_size: 0.1, qty_step: 0.001, min_qty: 0.001, max_qty: 100, tiers: [...]}"


class _Specs(Section):
    instruments: InOrder[Symbol, SymbolSpecs]


@frozen
class WrittenSpecs:
    """What such a file says: venue and day may be "", the specs are as written and have been checked."""

    venue: str
    as_of: str
    specs: Mapping[str, dict[str, Any]]


def written_specs(tree: Any, text: str, name: str) -> WrittenSpecs:
    """The specs in `tree`, which was read from `text`; `name` is that of the file.

    Raises UnusableFiles with every problem at its line and column.
    """
    is_bare = isinstance(tree, dict) and "instruments" not in tree and "format" not in tree
    whole = {"instruments": tree} if is_bare else tree
    findings = _shape(whole) or specs_findings(whole["instruments"])
    if not findings:
        days = {str(specs.get("as_of", "")) for specs in whole["instruments"].values()}
        as_of = whole.get("as_of", "") or (days.pop() if len(days) == 1 else "")
        return WrittenSpecs(str(whole.get("venue", "")), str(as_of), whole["instruments"])
    places = Places(name, read_document(text).places)
    own = [Finding(each.path[1:], each.message, each.hint) for each in findings] if is_bare else findings
    raise UnusableFiles(tuple(places.problem(finding) for finding in sorted(own, key=places.order)))


def specs_findings(specs: Mapping[str, Any]) -> list[Finding]:
    """What is wrong with specs by symbol, each below the key `instruments`."""
    flat = {symbol: flat_specs(each, "") if isinstance(each, dict) else each for symbol, each in specs.items()}
    try:
        _Specs.model_validate({"instruments": flat})
    except ValidationError as error:
        return one_per_mistake([finding_of(each) for each in error.errors(include_url=False)])
    return []


def _shape(whole: Any) -> list[Finding]:
    """Whether there are specs by symbol at all, and nothing beside them that nobody would read."""
    if not isinstance(whole, dict):
        return [Finding((), f"expected rules by symbol, got {shown(whole)}", _EXAMPLE)]
    unknown = [key for key in whole if key not in KEYS]
    findings = [Finding((key,), UNKNOWN, did_you_mean(key, KEYS)) for key in unknown]
    if whole.get("format", FORMAT) != FORMAT:
        findings.append(Finding(("format",), f"{shown(whole['format'])} is not a format known here", f"it is {FORMAT}"))
    specs = whole.get("instruments")
    if not isinstance(specs, dict) or not specs:
        at: KeyPath = ("instruments",) if "instruments" in whole else ()
        findings.append(Finding(at, f"expected rules by symbol, got {shown(specs)}", _EXAMPLE))
    return findings
