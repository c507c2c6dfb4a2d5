"""What people read and write: printable text, numbers, tables, words that are meant.

The ground floor, on `runtime` alone, whose way to write numbers and tables is that of
all rooms; every room may use it.
"""
