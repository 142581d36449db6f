"""From the text of a system file to a System, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from btcli.config.columns import misspelt_beside
from btcli.config.document import Document, read_document
from btcli.config.findings import Finding, Place
from btcli.config.model import System
from btcli.config.overrides import override
from btcli.config.places import Places
from btcli.config.specs.snapshots import with_snapshot
from btcli.config.validating import validate
from btcli.errors import ConfigError, Problem

MOST_LETTERS = 1_048_576  # of a file; the parser takes seconds for more


def load_system(path: Path, overrides: Sequence[str] = ()) -> System:
    """Read a system file; `overrides` are "key=value" as of --set.

    Raises ConfigError with every problem, each as `file:line:column key: message (hint)`.
    """
    try:
        if (size := path.stat().st_size) > 4 * MOST_LETTERS:  # no letter has more than 4 bytes
            raise _too_long(f"{size:,} bytes", str(path))
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError((Problem("there is no such file", str(path), "btcli init writes one"),)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError((Problem(f"cannot be read as text: {error}", str(path)),)) from None
    return parse_system(text, str(path), overrides)


def parse_system(text: str, name: str, overrides: Sequence[str] = (), folder: Path | None = None) -> System:
    """The system that the text describes; `name` stands in messages, and anchors relative paths if not `folder` does.

    Raises ConfigError with every problem, sorted by place, those of `overrides` last.
    """
    if len(text) > MOST_LETTERS:
        raise _too_long(f"{len(text):,} letters", name)
    document = read_document(text)
    findings = [*document.findings, *_not_a_mapping(document)]
    if document.tree is None:
        findings += misspelt_beside(text, document.findings)
    tree, set_paths, refused = override(document.tree if isinstance(document.tree, dict) else {}, overrides)
    places = Places(name, document.places, set_paths, values=document.values)
    findings += refused
    system = None
    if isinstance(document.tree, dict):
        tree, snapshot, found = with_snapshot(tree, folder or Path(name).parent)
        places = replace(places, snapshot=snapshot)
        system, wrong = validate(tree)
        findings += [*found, *wrong]
    if findings or system is None:
        ordered = sorted(dict.fromkeys(findings), key=places.order)
        raise ConfigError(tuple(places.problem(finding) for finding in ordered))
    system._places = places
    return system


def _too_long(size: str, name: str) -> ConfigError:
    said = f"has {size}; a system file has at most {MOST_LETTERS:,} letters"
    return ConfigError((Problem(said, name, "let instruments name a file of trading rules"),))


def _not_a_mapping(document: Document) -> list[Finding]:
    if isinstance(document.tree, dict) or document.findings:
        return []
    said = "the file is empty" if document.tree is None else "expected keys and values"
    return [Finding((), said, "btcli init writes a system to begin with", Place(1, 1))]
