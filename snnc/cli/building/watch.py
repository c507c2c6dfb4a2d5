"""Does something again whenever one of some files is saved.

It asks for the files' state five times a second: that needs no library, sees saves by
rename, and works on network drives and in containers, where notices do not arrive.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from snnc.cli.talk import say

INTERVAL = 0.2

_State = tuple[tuple[int, int, int] | None, ...]


def watch_files(
    paths: Sequence[Path],
    act: Callable[[], object],
    pause: Callable[[float], object] = time.sleep,
) -> NoReturn:
    """Act now and after each save, until the user interrupts.

    A change counts when it is the same twice in a row: a file that is being written,
    or replaced, is left alone until it rests.

    Raises
    ------
    KeyboardInterrupt
        When the user has had enough.
    """
    gc.enable()  # the command line turns it off, for runs that are short
    done = seen = _state(paths)
    act()
    say(f"watching {', '.join(path.as_posix() for path in paths)}: Ctrl-C ends")
    while True:
        pause(INTERVAL)
        now = _state(paths)
        if now == seen != done:
            done = now
            act()
        seen = now


def _state(paths: Sequence[Path]) -> _State:
    return tuple(map(_stamp, paths))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
