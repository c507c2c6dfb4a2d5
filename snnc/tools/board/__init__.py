"""Compare the spikes of a board and the exact engine.

`compare` reads a recording from a package's ``board.py``, and finds the first
difference. `causes` finds the known board failure that explains the difference best. It
runs the chip again with simulated failures.
"""
