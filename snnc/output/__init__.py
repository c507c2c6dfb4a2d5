"""Compare, write and remove those files of a package that snnc owns.

Start with `write`, which compares the existing files with the expected files
(`package`), and updates them. `stale` reports differences. Imports `emit` and the
folders below it in the layering.
"""
