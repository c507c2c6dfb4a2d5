"""The command line: one verb a file, each imported when it is used.

stdout is data, stderr is talk. Exit status: 0 fine, 1 diagnostics or stale output,
2 usage, 3 a bug in snnc, 130 interrupted.
"""

from __future__ import annotations

import atexit
import gc
import os

import click

from snnc import __version__
from snnc.cli.printing import say
from snnc.cli.streams import lenient_streams
from snnc.cli.verbs import Verbs
from snnc.text.printable import printable

FAILED = 1
BUG = 3
INTERRUPTED = 130


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 0 fine, 1 problems or stale packages, 2 typed wrongly, 3 a bug"
    " in snnc, 130 interrupted. `snnc VERB --help` has an example of each verb.",
)
@click.version_option(__version__, "-V", "--version", prog_name="snnc")
@click.option(
    "--device",
    metavar="NAME|FILE",
    help="Compile for another device than loihi1: the limits are read from a file such"
    " as snnc/loihi/loihi1.toml.",
)
def snnc(device: str | None) -> None:
    """Compile specs of spiking networks to Keras and Nengo code for Loihi."""
    if device is None:
        return
    from snnc.loihi.profile import ProfileError, read_profile

    try:
        read_profile(device)
    except ProfileError as error:
        raise click.BadParameter(str(error), param_hint="--device") from error


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    # A run is short and ends with the process: neither collecting garbage, then or, as
    # Python does, at its end, nor looking for plugins of pydantic, of which snnc has
    # none, is worth the wait.
    gc.disable()
    atexit.register(gc.freeze)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    with lenient_streams() as streams:
        status = _run(arguments)
        lost = streams.lost
        if lost is not None:
            say(f"error: stdout can't be written: {lost.strerror}")
    return status or FAILED if lost is not None else status


def _run(arguments: list[str] | None) -> int:
    try:
        status = snnc.main(args=arguments, prog_name="snnc", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except click.ClickException as error:
        return _refuse(error)
    except OSError as error:
        if error.errno is None:
            return _report_bug()
        say(f"error: {_os_error_text(error)}")
        return FAILED
    except Exception:
        return _report_bug()
    return status if isinstance(status, int) else 0


def _refuse(error: click.ClickException) -> int:
    """Show what is wrong with how the command was typed."""
    own = {option for parameter in snnc.params for option in parameter.opts}
    if isinstance(error, click.NoSuchOption) and error.option_name in own:
        text = f"{error.option_name} stands before the verb"
        error = click.UsageError(text, error.ctx)
    error.message = printable(error.message)  # type: ignore[misc]
    error.show()
    return error.exit_code


def _os_error_text(error: OSError) -> str:
    """What the operating system refuses, which is no bug."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return "the current folder is gone: change to one that is there"
    if error.filename is None:
        return str(error.strerror)
    return f"{error.filename}: {error.strerror}"


def _report_bug() -> int:
    """Show the traceback of a bug."""
    import traceback

    for line in traceback.format_exc().rstrip("\n").split("\n"):
        say(line)
    say("This is a bug in snnc: please report it with the spec.")
    return BUG
