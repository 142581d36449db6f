"""Reading candle and funding files of the common tools and archives into frames that the store takes."""

from btcli.market.importing.reading import (
    Detection,
    ImportedFile,
    holds_funding,
    read_candles_file,
    read_funding_file,
)

__all__ = ["Detection", "ImportedFile", "holds_funding", "read_candles_file", "read_funding_file"]
