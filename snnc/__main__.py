"""``python -m snnc``."""

import os
import sys

# Python has put the current folder first, and a `numpy.py` in it may be a stranger's.
if sys.path[0] == os.getcwd():
    del sys.path[0]

from snnc.cli import main

sys.exit(main())
