"""Format and correct text: printable text, numbers, tables, nearest words.

This is the lowest folder in the layering: it imports nothing else from snnc, and every
folder may use it.
"""
