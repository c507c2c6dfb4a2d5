"""``python -m snnc``."""

import os
import sys
from contextlib import suppress

# Python searches the current folder first, which may contain an untrusted `numpy.py`.
with suppress(FileNotFoundError):  # if it was already removed
    if sys.path[0] == os.getcwd():
        del sys.path[0]

from snnc.cli import main

sys.exit(main())
