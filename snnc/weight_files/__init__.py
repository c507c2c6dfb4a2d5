"""Read weight files, and check whether a network and its chip accept them.

`header` reads a file without NumPy; the other modules need NumPy. Begin with `inspect`.
"""
