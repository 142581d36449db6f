"""What the values of a file mean, one respect at a time: a fact with its evidence, or an assumption."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from btcli.errors import RequestError
from btcli.frozen import frozen


class Evidence(NamedTuple):
    """What speaks for a value, as "its column close_time"."""

    value: str
    because: str


@frozen
class Claim:
    """As "stamp open (its column open_time)"; without evidence it is an assumption, and `option` says otherwise."""

    about: str
    value: str
    because: str = ""
    option: str = ""

    @property
    def is_fact(self) -> bool:
        """Whether something other than habit speaks for it."""
        return bool(self.because)

    def sentence(self) -> str:
        """For people, with the evidence or the option that says otherwise."""
        otherwise = f"; {self.option} says otherwise" if self.option else ""
        return f"{self.about}: {self.value} ({self.because or f'assumed{otherwise}'})"

    def short(self) -> str:
        """For the record of the store and of a run."""
        return f"{self.about} {self.value}{'' if self.is_fact else ' assumed'}"


def settle(about: str, said: str | None, found: Sequence[Evidence], usual: str, option: str, where: str) -> Claim:
    """The one value that what was said and what was found agree on; `usual` where neither says anything.

    Raises RequestError when the file contradicts itself, and when it contradicts what was said.
    """
    values = {each.value: each.because for each in reversed(found)}
    if said is not None:
        if values and said not in values:
            value, because = next(reversed(values.items()))
            hint = f"leave {option} out, or mend the file"
            raise RequestError(f"{option} {said} contradicts the file: {because} says {value}", where=where, hint=hint)
        return Claim(about, said, option)
    if len(values) > 1:
        told = " and ".join(f"{because} says {value}" for value, because in reversed(values.items()))
        raise RequestError(f"the file contradicts itself: {told}", where=where, hint=f"say which with {option}")
    if values:
        [(value, because)] = values.items()
        return Claim(about, value, because)
    return Claim(about, usual, option=option)
