"""Compare, write and remove those files of a package that snnc owns.

Start with `compare`, which compares the existing files (`records`) with the expected
files (`package`). `write` and `stale` act on the result. Imports `emit` and the folders
below it in the layering.
"""
