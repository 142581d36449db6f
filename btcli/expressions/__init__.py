"""One language of expressions, for features and for rules: text -> tree -> instructions.

scanning, parsing, reading, names, looking, folding: text to values, every mistake with its column; placing, emitting:
values to columns and instructions; rolling: functions of the last rows.
"""
