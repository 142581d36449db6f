"""What a run was told, beyond the defaults."""

from __future__ import annotations

import json
from typing import Any

from btcli.report.content import RunContent, Setting
from btcli.report.html import Markup, element
from btcli.report.sections.parts import Cell, note, part, small, table

SILENT = "Every other key of system.yml has its default; system.resolved.yml in the run's folder spells them all out."


def settings(content: RunContent) -> Markup:
    """The keys of system.yml that were chosen or that differ from their default, with the default."""
    title = "Settings beyond the defaults"
    if not content.settings:
        return part(title, note("None were handed over."), kind="settings")
    return part(
        title, table(("key", "value", "default"), map(_row, content.settings), words=3), note(SILENT), kind="settings"
    )


def _row(each: Setting) -> tuple[Cell, ...]:
    default: Cell = said(each.default) if each.has_default else small("chosen")
    return element("code", each.key), said(each.value), default


def said(value: Any) -> str:
    """A value of a config as system.yml writes it, nearly."""
    if value is None:
        return "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(said, value)) or "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
