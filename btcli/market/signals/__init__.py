"""Columns of a file of the user's: numbers that were made elsewhere, each known from a moment on."""
