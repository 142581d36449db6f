"""What a process that does one command settles before it loads the libraries that the command needs."""

from __future__ import annotations

import gc
import os
import signal
import sys
from types import ModuleType
from typing import Any

from btcli.engine.collecting import SELDOM
from btcli.pressing import hear_ctrl_c

ALGEBRA_THREADS = "OPENBLAS_NUM_THREADS"
PLUGINS, NONE_OF_THEM = "PYDANTIC_DISABLE_PLUGINS", ("__all__", "1", "true")
LOOKS_FOR_PLUGINS = "pydantic.plugin._loader"


def start_lean() -> None:
    """Look for cycles seldom while modules are loaded, and start and load nothing that nobody asked for.

    By default all that was loaded is looked at again after every 700 values that follow; numpy starts a thread for each
    processor, which turn idly for a while; and pydantic reads what every package that is installed says of plug-ins.
    Who wants these for a strategy sets OPENBLAS_NUM_THREADS or PYDANTIC_DISABLE_PLUGINS.
    """
    keep_places()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        hear_ctrl_c()
    gc.set_threshold(*SELDOM)
    os.environ.setdefault(ALGEBRA_THREADS, "1")
    if os.environ.setdefault(PLUGINS, "__all__") in NONE_OF_THEM:
        sys.modules[LOOKS_FOR_PLUGINS] = _without_plugins()


def keep_places() -> None:
    """Put nothing where stdin, stdout or stderr would be, where these are closed: a child takes it for one of them."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)


def _without_plugins() -> ModuleType:
    """What pydantic (2.14) asks for plug-ins: it would load how packages are described, 10 ms, to be told of none."""

    def get_plugins() -> Any:
        if os.environ.get(PLUGINS) in NONE_OF_THEM:
            return ()
        sys.modules.pop(LOOKS_FOR_PLUGINS, None)  # user code has changed its mind
        from pydantic.plugin._loader import get_plugins as looked_for

        return looked_for()

    here = ModuleType(LOOKS_FOR_PLUGINS)
    here.__dict__["get_plugins"] = get_plugins
    return here
