"""Files of a small run, written by hand: two trades, one opened by a signal with a tag."""

from __future__ import annotations

from pathlib import Path

TRADE_HEADER = (
    "trade_id,symbol,side,qty,entry_ts,entry_price,exit_ts,exit_price,exit_reason,gross_pnl_usdt,fees_usdt,"
    "funding_usdt,net_pnl_usdt,stop_price,target_price,liquidation_price,mae_usdt,mfe_usdt,bars_held,ambiguous\n"
)
TRADES = (
    TRADE_HEADER
    + "2,ETHUSDT,short,0.5,2024-01-01T00:05:00.000Z,2000.0,2024-01-01T00:10:00.000Z,1900.0,target,50.0,1.0,0.0,49.0,"
    ",1900.0,,-5.0,50.0,1,false\n"
    "1,BTCUSDT,long,0.1,2024-01-01T00:05:00.000Z,42000.0,2024-01-01T00:15:00.000Z,41000.0,stop,-100.0,4.5,1e-7,"
    "-104.5000001,41000.0,,33600.0,-100.0,0.0,2,true\n"
)
EQUITY_HEADER = (
    "ts,equity_usdt,cash_usdt,unrealized_pnl_usdt,used_margin_usdt,free_margin_usdt,available_balance_usdt,"
    "maintenance_margin_usdt,mark_price,position_qty,drawdown_usdt,drawdown_pct\n"
)
EQUITY = (
    EQUITY_HEADER
    + "2024-01-01T00:05:00.000Z,10000.0,10000.0,0.0,0.0,10000.0,10000.0,0.0,42000.0,0.0,0.0,0.0\n"
    + "2024-01-01T00:10:00.000Z,9999.5,10000.0,-0.5,1000.0,9000.0,9000.0,10.0,41995.0,0.1,0.5,0.005\n"
)
EVENTS = """\
{"seq":1,"ts":"2024-01-01T00:00:00.000Z","event":"run_started","symbol":null,"venue":"sample",\
"symbols":["BTCUSDT","ETHUSDT"],"timeframes":{"exec":"5m","ltf":"5m","mtf":"5m","htf":"1h"},\
"start":"2024-01-01T00:00:00.000Z","end":"2024-01-02T00:00:00.000Z","path":"pessimistic",\
"initial_equity_usdt":10000.0,"steps":288}
{"seq":2,"ts":"2024-01-01T00:05:00.000Z","event":"signal","symbol":"BTCUSDT","direction":"long","action":"enter",\
"stop_price":41000.0,"size":{"risk_pct":1.0},"targets":[{"distance":50.0,"share":0.5},{"price":43000.0,"share":0.5}],\
"tag":"up, \\"then\\" \\nmore é"}
{"seq":3,"ts":"2024-01-01T00:05:00.000Z","event":"order_submitted","symbol":"BTCUSDT","order_id":1,"side":"buy",\
"type":"market","qty":0.1,"reference_price":42000.0,"stop_price":41000.0}
{"seq":4,"ts":"2024-01-01T00:05:00.000Z","event":"signal","symbol":"ETHUSDT","direction":"short","action":"enter"}
{"seq":5,"ts":"2024-01-01T00:05:00.000Z","event":"order_submitted","symbol":"ETHUSDT","order_id":4,"side":"sell",\
"type":"market","qty":0.5,"reference_price":2000.0,"target_price":1900.0}
{"seq":6,"ts":"2024-01-01T00:05:00.000Z","event":"order_filled","symbol":"BTCUSDT","order_id":1,"side":"buy",\
"type":"market","qty":0.1,"price":42000.0,"reference_price":41995.0,"pnl_usdt":0.0,"fee_usdt":2.3,"cash_usdt":9997.7,\
"trade_id":1}
{"seq":7,"ts":"2024-01-01T00:05:00.000Z","event":"order_filled","symbol":"ETHUSDT","order_id":4,"side":"sell",\
"type":"market","qty":0.5,"price":2000.0,"reference_price":2000.0,"pnl_usdt":0.0,"fee_usdt":0.5,"cash_usdt":9997.2,\
"trade_id":2}
{"seq":8,"ts":"2024-01-01T00:10:00.000Z","event":"signal","symbol":"BTCUSDT","direction":"flat","action":"close",\
"tag":"out"}
{"seq":9,"ts":"2024-01-01T00:10:00.000Z","event":"order_submitted","symbol":"BTCUSDT","order_id":7,"side":"sell",\
"type":"market","qty":0.1,"reference_price":41000.0,"exit_reason":"signal"}
{"seq":10,"ts":"2024-01-01T00:15:00.000Z","event":"order_filled","symbol":"BTCUSDT","order_id":7,"side":"sell",\
"type":"market","qty":0.1,"price":41000.0,"reference_price":41000.0,"pnl_usdt":-100.0,"fee_usdt":2.2,\
"cash_usdt":9895.0,"trade_id":1,"exit_reason":"signal","maker":true}
{"seq":11,"ts":"2024-01-02T00:00:00.000Z","event":"run_finished","symbol":null,"status":"END_OF_DATA","steps":288,\
"decisions":3,"final_equity_usdt":9944.0}
"""


def write_run_files(folder: Path, *, trades: str = TRADES, equity: str = EQUITY, events: str = EVENTS) -> Path:
    """The three files in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("trades.csv", trades), ("equity_curve.csv", equity), ("events.jsonl", events)):
        (folder / name).write_text(content, encoding="utf-8", newline="")
    return folder
