"""Chunks done by processes that loky starts, for real."""

from __future__ import annotations

from pathlib import Path

import pytest

from btcli.errors import AccessError
from btcli.research.engines.choosing import LOKY, Engine, finished
from btcli.research.engines.task import Task


def test_a_worker_that_lacks_a_module_is_told(tmp_path: Path) -> None:
    """Workers that cannot import what a chunk needs end it with what to do."""
    task = Task("no_module_of_this_name:function", (str(tmp_path), "d"))
    with pytest.raises(AccessError, match="cannot import what it needs: No module named 'no_module_of_this_name'"):
        list(finished(Engine(LOKY, 1), task, range(3), dict))
