"""What the catalog knows of a function: its prices, numbers and outputs, and what of history its values hang on."""

from __future__ import annotations

from collections.abc import Callable

from btcli.frozen import frozen

PRICES = ("open", "high", "low", "close", "volume")

Numbers = tuple[float, ...]
Memory = Callable[[Numbers], float]


def no_memory(_: Numbers) -> float:
    """Reads a fixed number of bars and nothing before them."""
    return 0.0


@frozen
class Parameter:
    """One number of a function: its name in messages, its smallest value, and what else it must be."""

    name: str
    minimum: float
    maximum: float = 100_000
    whole: bool = True
    choices: tuple[float, ...] = ()


@frozen
class Function:
    """One TA-Lib function under its lower-case name.

    `implied` are the prices it always reads; `free_prices` counts those that the expression names.
    `defaults` fill trailing parameters. `memory` is the number of bars in which the weight of the
    start falls by the factor e: 0 for a function that reads its lookback and nothing before it.
    `state_bars` is the least warm-up beyond the lookback of one that is in a state; `anchored` is one
    whose level hangs for ever on the bar at which its history starts.
    """

    name: str
    parameters: tuple[Parameter, ...] = ()
    memory: Memory = no_memory
    implied: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    defaults: Numbers = ()
    free_prices: int = 0
    state_bars: int = 0
    anchored: bool = False

    def __hash__(self) -> int:
        return hash(self.name)  # the catalog has one of each

    @property
    def usage(self) -> str:
        """How the function is written, such as `ema(close, period)`."""
        prices = ("close", "open")[: self.free_prices]
        suffix = f".{self.outputs[0]}" if self.outputs else ""
        return f"{self.name}({', '.join((*prices, *(p.name for p in self.parameters)))}){suffix}"

    @property
    def forgets(self) -> bool:
        """Whether it reads a fixed number of bars only, with the averages that it takes where none is written."""
        written = self.parameters[: len(self.parameters) - len(self.defaults)]
        numbers = (*(p.choices[0] if p.choices else p.minimum for p in written), *self.defaults)
        return not (self.anchored or self.state_bars or self.memory(numbers))
