"""Ctrl-C ends the program at once, also while it is imported."""

import signal

import pytest

from tests.commands import console_script, run_python

INTERRUPTED = """
import os, signal, sys
def interrupt(event, details):
    if event == "import" and details[0] == {module!r}:
        os.kill(os.getpid(), signal.SIGINT)
{before}
sys.addaudithook(interrupt)
"""
MODULE = "import runpy; runpy.run_module('snnc', None, '__main__')"


@pytest.mark.parametrize("module", ["snnc.cli", "click"])
@pytest.mark.parametrize("program", [console_script(), MODULE])
def test_ctrl_c_during_imports_prints_nothing(module: str, program: str) -> None:
    code = INTERRUPTED.format(module=module, before="") + program
    done = run_python("-c", code, "check", "-")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_program_that_ignores_ctrl_c_goes_on() -> None:
    """As a shell starts it in the background."""
    ignore = f"signal.signal({int(signal.SIGINT)}, signal.SIG_IGN)"
    code = INTERRUPTED.format(module="click", before=ignore) + console_script()
    done = run_python("-c", code, "--version")
    assert done.returncode == 0
    assert "snnc, version" in done.stdout
