"""The program ``snnc``, which is also ``python -m snnc``."""

import os
import sys

# `signal` itself takes milliseconds to import, in which Ctrl-C would not be caught.
from _signal import (  # type: ignore[import-not-found]
    SIGINT,
    default_int_handler,
    getsignal,
    signal,
)


def main() -> int:
    """Run the command line, and return the exit status."""
    handler = getsignal(SIGINT)
    if handler is default_int_handler:  # a shell may have set it to ignore Ctrl-C
        signal(SIGINT, lambda number, frame: os._exit(128 + number))
    # New processes of Python 3.11 and later then search no files of the current folder.
    os.environ["PYTHONSAFEPATH"] = "1"
    from snnc.cli import main as run

    signal(SIGINT, handler)
    return run()


if __name__ == "__main__":
    from contextlib import suppress

    # Python searches the current folder first, which may contain an untrusted file
    # `numpy.py`.
    with suppress(FileNotFoundError):  # if it was already removed
        if sys.path[0] == os.getcwd():
            del sys.path[0]
    sys.exit(main())
