"""``python -m snnc``."""

import os
import sys
from contextlib import suppress

# Python has put the current folder first, and a `numpy.py` in it may be a stranger's.
with suppress(FileNotFoundError):  # it may be gone
    if sys.path[0] == os.getcwd():
        del sys.path[0]

from snnc.cli import main

sys.exit(main())
