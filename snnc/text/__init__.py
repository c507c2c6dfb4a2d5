"""What people read and write: printable text, numbers, tables, words that are meant.

The ground floor, beside `runtime`: it imports no other room, and every room may use it.
"""
