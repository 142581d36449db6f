"""Binance USDT-M perpetuals."""
