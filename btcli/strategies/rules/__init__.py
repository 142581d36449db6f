"""The rules language: text -> tree -> assembling -> a program that the driver runs.

scanning, parsing, reading, names, folding: text to values, every mistake with its column; emitting, assembling:
values to instructions; rule_set: all expressions of a strategy at once; listing: a program to be read.
"""
