"""What the exchange tells: the records of its events and of trades that ended."""

from __future__ import annotations

import numpy as np

EVENT_TEXTS = 3

EVENT = np.dtype(
    [
        ("kind", "i8"),
        ("ts", "i8"),
        ("step", "i8"),
        ("phase", "i8"),
        ("leg", "i8"),
        ("t", "f8"),
        ("symbol", "i8"),
        ("order_id", "i8"),  # of a signal the place of its wish in the buffer
        ("trade_id", "i8"),
        ("side", "i8"),
        ("order_type", "i8"),
        ("code", "i8"),
        ("exit_reason", "i8"),
        ("capped_by", "i8"),
        ("flags", "i8"),
        ("qty", "f8"),
        ("price", "f8"),
        ("reference_price", "f8"),  # the price before slippage
        ("impact_usdt", "f8"),  # what the size of the fill cost beside slippage
        ("pnl_usdt", "f8"),  # ledger entry: realised profit
        ("fee_usdt", "f8"),  # ledger entry: fee
        ("funding_usdt", "f8"),  # ledger entry: payment, positive is paid
        ("cash_usdt", "f8"),  # after the event
        ("have", "f8"),  # the two numbers a test compared
        ("need", "f8"),
        ("stop_price", "f8"),
        ("target_price", "f8"),
        ("liquidation_price", "f8"),
        ("mark_price", "f8"),
        ("rate", "f8"),
        ("funding_ts", "i8"),  # of a settlement; of a timeframe's bar its close
        ("margin_usdt", "f8"),  # of the position
        ("net_usdt", "f8"),
        ("texts", "i8", (EVENT_TEXTS,)),  # indices into the texts: role and timeframe, reasons, or a tag
    ]
)

TRADE = np.dtype(
    [
        ("trade_id", "i8"),
        ("symbol", "i8"),
        ("side", "i8"),
        ("qty", "f8"),
        ("entry_ts", "i8"),
        ("entry_price", "f8"),
        ("exit_ts", "i8"),
        ("exit_price", "f8"),
        ("exit_reason", "i8"),
        ("gross_usdt", "f8"),
        ("fees_usdt", "f8"),
        ("funding_usdt", "f8"),
        ("stop_price", "f8"),
        ("target_price", "f8"),
        ("liquidation_price", "f8"),
        ("mae_usdt", "f8"),
        ("mfe_usdt", "f8"),
        ("bars_held", "i8"),
        ("is_ambiguous", "i8"),
    ]
)
