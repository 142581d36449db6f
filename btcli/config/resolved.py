"""system.resolved.yml: a system with every default spelled out, and the part of it that makes a run what it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from btcli.config.document import plain_value
from btcli.config.model import System

_HEAD = "# Every key with its value. btcli wrote this file; it reads back as the same system.\n"
_PLAIN_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*|[1-9][0-9]*[mhdw]")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
# Without those beyond \uffff, all of which can be printed: a class that names them takes 3 ms to compile.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


def resolved_text(system: System) -> str:
    """The system as YAML, keys in the order of the schema; loading it gives an equal System."""
    return _HEAD + "\n".join(_block(system.model_dump(mode="json", by_alias=True), "")) + "\n"


def identity(system: System) -> dict[str, Any]:
    """The resolved config as plain values without the system's name and its windows.

    A run adds its own window's bounds; the other windows of the file are no part of it.
    """
    said: dict[str, Any] = system.model_dump(mode="json", by_alias=True)
    del said["system"], said["windows"]
    return said


def _block(values: dict[str, Any], indent: str) -> Iterator[str]:
    for key, value in values.items():
        name = key if _PLAIN_KEY.fullmatch(key) else _quoted(key)
        if isinstance(value, dict) and value:
            yield f"{indent}{name}:"
            yield from _block(value, indent + "  ")
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            yield f"{indent}{name}:"
            yield from (f"{indent}  - {_flow(item)}" for item in value)
        else:
            yield f"{indent}{name}: {_flow(value)}"


def _flow(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(below)}" for key, below in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return _word(value) if isinstance(value, str) else repr(value)


def _word(text: str) -> str:
    safe = _PLAIN_WORD.fullmatch(text) and isinstance(plain_value(text), str)
    return text if safe else _quoted(text)


def _quoted(text: str) -> str:
    """A double-quoted scalar; what YAML does not allow to stand there is escaped."""
    written = json.dumps(text, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\U{ord(found[0]):08x}", written)
