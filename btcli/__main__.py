"""`python -m btcli` is `btcli`.

Nothing is loaded before Ctrl-C is looked for: whatever is, takes a while.
"""

TYPE_CHECKING = False  # as type checkers read it
if TYPE_CHECKING:
    from typing import NoReturn

INTERRUPTED = 130


def main() -> "NoReturn":
    """The console script: quiet also where Ctrl-C comes before there is anybody to answer it, or after the answer."""
    try:
        from btcli.cli.edge.starting import start_lean

        start_lean()
        from btcli.cli.edge.main import main as answer

        answer()
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    finally:
        import signal

        from btcli.pressing import pressed

        # Where code that was made of a text was interrupted, as the last such, `python -m` (3.11) ends by SIGINT.
        exec("")
        if signal.getsignal(signal.SIGINT) in (signal.default_int_handler, pressed):
            signal.signal(signal.SIGINT, signal.SIG_IGN)


if __name__ == "__main__":
    main()
