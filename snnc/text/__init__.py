"""What people read and write: printable text, numbers, tables, words that are meant.

The ground floor, which imports nothing of snnc; every room may use it.
"""
