"""A first system for the data that is there: which market, which candles, which days, and the text of it."""
