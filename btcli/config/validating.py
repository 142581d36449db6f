"""Finds every problem of a config in one go.

What is wrong is taken out (or, where required, replaced by a stand-in) and the rest is looked at again,
so that no mistake hides another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from btcli.config.checks import cross_checks
from btcli.config.findings import REQUIRED, Finding, KeyPath
from btcli.config.model import System
from btcli.config.repair import Repair
from btcli.config.types import Section
from btcli.config.wording import NO_KEYS, UNKNOWN, finding_of

ALWAYS: tuple[KeyPath, ...] = (("windows",),)  # a system may have got another window since it was looked at
LEANS_ON = (("costs", "venue"), ("risk", "account"))  # whose defaults System takes from another section
RULES: KeyPath = ("strategy", "rules")
USE: KeyPath = ("strategy", "use")


def validate(tree: dict[str, Any]) -> tuple[System | None, list[Finding]]:
    """The system, or None and everything that is wrong with the tree."""
    findings: list[Finding] = []
    doubtful: set[KeyPath] = set()
    repair = Repair(tree)
    while True:
        try:
            system = System.model_validate(repair.tree)
        except ValidationError as error:
            mistakes = [details for details in error.errors(include_url=False) if not _follows(details)]
            told = [(details, found) for details, found in _told(mistakes) if not repair.covers(found.path)]
            findings += [found for _, found in told]
            doubtful |= {found.path for details, found in told if _takes_out_more(details, found)}
            if repair.mend([_owner(details["loc"]) for details in mistakes]):
                continue
            break
        findings += [finding for finding in cross_checks(system, doubtful) if not repair.covers(finding.path)]
        if not findings:
            return system, []
        break
    return None, one_per_mistake(findings)


def accepted_with(system: System, tree: dict[str, Any], changed: Collection[KeyPath]) -> System | None:
    """The system of a tree that differs from that of another system at these paths; None where anything is wrong in it.

    What was not changed is not looked at again: `validate` says what is wrong.
    """
    paths = (*changed, *((follower,) for follower, leader in LEANS_ON for path in changed if path[0] == leader))
    sections = {str(path[0]) for path in paths}
    given = {name: getattr(system, name) for name in System.model_fields if name not in sections}
    given |= {
        key: _unless_changed(getattr(system, key, None), tree[key], _below(key, paths))
        for key in sections & tree.keys()
    }
    try:
        other = System.model_validate(given)
    except ValidationError:
        return None
    return None if any(True for _ in cross_checks(other, changed=(*paths, *ALWAYS))) else other


def _unless_changed(block: Any, tree: Any, paths: Collection[KeyPath]) -> Any:
    """A tree with the blocks that were looked at before in the places of those in which nothing was changed."""
    if not isinstance(block, Section) or not paths:
        return block if isinstance(block, Section) else tree
    if () in paths or not isinstance(tree, dict):
        return tree
    return {key: _unless_changed(getattr(block, key, None), each, _below(key, paths)) for key, each in tree.items()}


def _below(key: str, paths: Iterable[KeyPath]) -> list[KeyPath]:
    return [path[1:] for path in paths if path[0] == key]


def _follows(details: ErrorDetails) -> bool:
    """Whether the error only follows from another: a default of something wrong, a list whose items are wrong."""
    kind = details["type"]
    return kind == "default_factory_not_called" or (kind == "too_short" and bool(details["input"]))


def _told(mistakes: list[ErrorDetails]) -> list[tuple[ErrorDetails, Finding]]:
    return [(details, finding_of(details)) for details in mistakes]


def _takes_out_more(details: ErrorDetails, found: Finding) -> bool:
    """Whether more than a key that is not known is taken out; one of a small block goes with all of it."""
    return found.message != UNKNOWN or details["type"] == "refused"


def _owner(loc: KeyPath) -> KeyPath:
    return tuple(part for part in loc if part not in NO_KEYS)


def one_per_mistake(findings: list[Finding]) -> list[Finding]:
    """Without the required keys that are there after all, but misspelt or said in another way."""
    misspelt = {(finding.path[:-1], finding.hint) for finding in findings if finding.message == UNKNOWN}
    has_rules = any(finding.path == RULES for finding in findings)

    def is_there(finding: Finding) -> bool:
        *above, key = finding.path
        hints = [hint for path, hint in misspelt if path == tuple(above)]
        is_meant = any(hint == f"did you mean {key}?" or hint.startswith(f"write {key}: ") for hint in hints)
        return is_meant or (has_rules and finding.path == USE)

    return [finding for finding in findings if finding.message != REQUIRED or not is_there(finding)]
