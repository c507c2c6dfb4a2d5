"""Read weight files, and check whether a network and its chip accept them.

`header` and `inspect` work without NumPy; the other modules need it. `cores` computes
what each core stores, and `chip` how the chip rounds it. Begin with `inspect`.
"""
