"""Why a role is not ready."""

from __future__ import annotations

from collections.abc import Sequence

from btcli.market.series import Role


def too_early(role: Role, timeframe: str) -> str:
    """Why a role is not ready before its first close."""
    return f"no {role} bar ({timeframe}) has closed yet"


def lacking(role: Role, names: Sequence[str]) -> str:
    """Why a role is not ready while features of it have no value."""
    return f"{role} has no {', '.join(names)} yet"
