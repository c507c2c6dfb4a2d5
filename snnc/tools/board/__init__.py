"""Compare the spikes of a board and the exact engine.

`recording` reads what a package's ``board.py`` wrote, `compare` finds the first
difference, and `causes` the known failure of boards that explains it best, with
`replay`, which runs the chip again with a failure in it.
"""
