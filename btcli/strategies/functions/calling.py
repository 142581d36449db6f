"""Calling a function of the user's over closed bars: what it is given, and what may come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from btcli.errors import StrategyError
from btcli.market.series import Bars, Floats
from btcli.strategies.failing import user_code
from btcli.strategies.guarding import visiting

if TYPE_CHECKING:
    import polars as pl

GIVE = "give a polars Series or expression, or a numpy array, of a number for each bar"


class Called(NamedTuple):
    """A function, who is to blame for what it does, and where it is written."""

    name: str
    place: str
    function: Callable[[Any], object]

    def wrong(self, message: str, hint: str = "") -> StrategyError:
        """What is raised for what it gave."""
        return StrategyError(f"{self.name} {message}", where=self.place, hint=hint)

    def over(self, bars: Bars) -> Floats:
        """What it gives over bars: float64[bars], NaN where nothing or no finite number stands.

        The frame is made anew, so that nothing that is done to it stays. Raises StrategyError for all that goes wrong.
        """
        import polars as pl

        frame = pl.DataFrame({name: np.array(column) for name, column in bars._asdict().items()})
        try:
            with visiting(), user_code(f"{self.name} raised over {frame.height:,} bars"):
                given = self.function(frame)
                series = _series(given, frame)
        except StrategyError as error:
            first, *more = error.problems
            error.problems = (replace(first, where=first.where or self.place), *more)
            raise
        if series is None:
            raise self.wrong(f"gave {type(given).__name__}", GIVE)
        if series.len() != frame.height:
            raise self.wrong(f"gave {series.len():,} values for {frame.height:,} bars", GIVE)
        if not (series.dtype.is_numeric() or series.dtype in (pl.Boolean, pl.Null)):
            raise self.wrong(f"gave {series.dtype}, no numbers", GIVE)
        values = np.array(series.cast(pl.Float64, strict=False).to_numpy(), np.float64)
        values[~np.isfinite(values)] = np.nan
        return values


def _series(given: object, frame: pl.DataFrame) -> pl.Series | None:
    """What was given as a column; None where it is none."""
    import polars as pl

    if isinstance(given, pl.Expr):
        found = frame.select(given)
        return found.to_series() if found.width == 1 else None
    if isinstance(given, np.ndarray):
        return pl.Series(given) if given.ndim == 1 and given.dtype.kind in "fiub" else None
    return given if isinstance(given, pl.Series) else None
