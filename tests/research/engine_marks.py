"""The engines that tests of both are run by; without dask its part is skipped."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from btcli.research.engines.choosing import DASK, LOKY

NEEDS_DASK = pytest.mark.skipif(
    find_spec("distributed") is None, reason="dask is not installed: pip install 'btcli[dask]'"
)
ENGINES = [LOKY, pytest.param(DASK, marks=NEEDS_DASK)]
LONG_WITH_DASK = [LOKY, pytest.param(DASK, marks=[NEEDS_DASK, pytest.mark.long])]
