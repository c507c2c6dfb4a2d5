"""How things are shown to people: foreign text made printable, numbers, tables.

The ground floor, beside `runtime`: it imports no other room, and every room may use it.
"""
