"""``python -m snnc``."""

import os
import sys
from contextlib import suppress

# Python searches the current folder first, where a `numpy.py` may be untrusted.
with suppress(FileNotFoundError):  # it may be gone
    if sys.path[0] == os.getcwd():
        del sys.path[0]

from snnc.cli import main

sys.exit(main())
