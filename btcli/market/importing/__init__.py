"""Reading candle and funding files of the common tools and archives into frames that the store takes."""

from btcli.market.importing.account import Detection, ImportedFile
from btcli.market.importing.candles import read_candles_file
from btcli.market.importing.funding import read_funding_file
from btcli.market.importing.opening import holds_funding
from btcli.market.importing.said import NOTHING_SAID, Said

__all__ = [
    "NOTHING_SAID",
    "Detection",
    "ImportedFile",
    "Said",
    "holds_funding",
    "read_candles_file",
    "read_funding_file",
]
