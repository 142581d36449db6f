"""What a run is asked to leave out of its figures, in a sentence for whoever is about to read them."""

from __future__ import annotations

FUNDING_LEFT_OUT = (
    "funding is left out (costs.funding: none): what holding a position costs or earns at settlements,"
    " about every 8 h, is in no figure"
)


def left_out(funding: str) -> tuple[str, ...]:
    """The sentences for a value of `costs.funding`."""
    return (FUNDING_LEFT_OUT,) if funding == "none" else ()
