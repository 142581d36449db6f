"""btcli: a backtester for crypto USDT perpetual futures whose results can be trusted and proved.

`btcli.open_run("latest")` opens a recorded run in a notebook or script; what it needs is imported when it is used.
"""

TYPE_CHECKING = False  # as type checkers read it; importing typing would cost what this module avoids
if TYPE_CHECKING:
    from btcli.notebook import Run, open_run

__version__ = "0.1.0"
__all__ = ["Run", "__version__", "open_run"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from btcli import notebook

    return getattr(notebook, name)
