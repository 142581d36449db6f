"""The kinds of value that this version reads again of what a run recorded, and the one block that every run writes."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from btcli.symbols import is_symbol


def _symbol(text: str) -> str:
    """A symbol of any alphabet; raises ValueError for anything else."""
    if not is_symbol(text):
        raise ValueError(f"{text!r} is no symbol")
    return text


_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")
Number = float
Word = Annotated[str, Field(pattern=r"^[A-Za-z_]{1,64}$")]
Symbol = Annotated[str, AfterValidator(_symbol)]
Label = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,3}[mhdw]$")]
Counts = dict[Word, int]
Path = Literal["pessimistic", "adaptive", "optimistic"]
Sizing = Literal["qty", "notional_usdt", "notional_pct", "margin_pct", "risk_pct"]


def is_moment(text: str) -> bool:
    """Whether the text is a moment as a run writes it: 2024-01-31T00:00:00.000Z."""
    try:
        return _MOMENT.fullmatch(text) is not None and datetime.fromisoformat(text).year > 1
    except ValueError:
        return False


def _moment(text: str) -> str:
    if not is_moment(text):
        raise ValueError("should be as 2024-01-31T00:00:00.000Z")
    return text


Moment = Annotated[str, AfterValidator(_moment)]


# Of a block that is read again; its other names are free.
SHAPE = ConfigDict(frozen=True, extra="allow", strict=True, allow_inf_nan=False, defer_build=True)


class _SpecsUsed(BaseModel):
    model_config = {**SHAPE, "strict": False}

    origin: str
    venue: str
    file: str
    as_of: str
    age_days: int | None
    days_beyond_window: int | None
    symbols: list[Symbol]


class Environment(BaseModel):
    """What is read again of a manifest's environment."""

    model_config = SHAPE

    platform: str = ""
    project: str = "."
    versions: dict[str, str | None] = {}
    instruments: list[_SpecsUsed] = []


def _as_recorded(environment: dict[str, Any]) -> dict[str, Any]:
    Environment.model_validate(environment)
    return environment


CheckedEnvironment = Annotated[dict[str, Any], AfterValidator(_as_recorded)]
