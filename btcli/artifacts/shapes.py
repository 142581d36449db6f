"""How what is read again of a run's recorded values is held against the kinds that it must be of.

A run folder may be damaged, of another version or of another maker: what is read of it is checked here, once, so
that whoever shows or explains a run may rely on it. Names that nobody reads again are free.
"""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from btcli.artifacts.kinds import SHAPE
from btcli.errors import AccessError

Shaped = TypeVar("Shaped", bound=BaseModel)


class Shape(BaseModel):
    """Values of a recorded file."""

    model_config = SHAPE


def require_shape(shape: type[Shaped], value: Any, where: str, at: str = "") -> Shaped:
    """The value as `shape`; raises AccessError with the first five places that are not as it says."""
    try:
        return shape.model_validate(value)
    except ValidationError as refusal:
        found = [f"{at}{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in refusal.errors()[:5]]
        raise AccessError(
            f"is not what this version of btcli writes: {'; '.join(found)}",
            where=where,
            hint="btcli replay --no-run says which files were changed",
        ) from None
