"""Rules instead of code: the expressions of a strategy -> assembling -> a program that the driver runs.

rule_set: all expressions of a strategy at once; assembling: values to a program; listing, english: to be read.
"""
