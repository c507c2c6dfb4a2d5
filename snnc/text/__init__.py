"""Format and correct text: printable text, numbers, tables, nearest words.

This is the lowest package: it imports nothing of snnc, and every package may use it.
"""
