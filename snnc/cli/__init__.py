"""The command line: a file a verb or a few, each imported when it is used.

stdout is data, stderr is talk. Exit status: 0 fine, 1 diagnostics or stale output,
2 usage, 3 a bug in snnc, 130 interrupted. Begin at `check`. Imports every room.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import sys

import click

from snnc import __version__
from snnc.cli.printing import lenient_streams, say
from snnc.runtime.files import reason
from snnc.text.near import closest
from snnc.text.tables import printable

VERBS = {
    "build": "check specs and write their packages",
    "calibrate": "scale weights from elsewhere into a package's rates",
    "check": "report every problem of specs",
    "convert": "write a spec in the other notation, .snn or YAML",
    "demo": "train and run a drifting-digits network, from spec to spikes",
    "diff": "say what changed between two specs, for a reviewer",
    "evaluate": "run a trained package on data, spike for spike as the chip does",
    "explain": "print the page of a diagnostic's code",
    "export": "write a trained package for other tools: NIR",
    "fit": "list variants of a spec that fit so many cores",
    "fmt": "write specs in the one true layout",
    "import": "write the spec, and the weights, of a Keras model",
    "init": "write a first spec, and what its repo needs",
    "limits": "print what the device can hold",
    "lsp": "serve an editor by the Language Server Protocol",
    "plot": "draw a network, its cores, or what it does with data",
    "predict": "run a trained package on new data, which need no labels",
    "report": "print a network's layers, cores and their use",
    "schema": "print the JSON Schema of YAML specs, for editors",
    "sweep": "compare variants of a spec: costs at once, accuracy on data",
    "weights": "show a weights file, and whether a network and its chip take it",
}

_FILES = {
    "calibrate": "weights",
    "demo": "init",
    "diff": "report",
    "explain": "editors",
    "export": "exchange",
    "fit": "report",
    "fmt": "convert",
    "import": "exchange",
    "limits": "report",
    "lsp": "editors",
    "plot": "sweep",
    "schema": "convert",
}
"""The files of verbs that are not named after them."""


def command_of(verb: str) -> click.Command:
    """Import a verb's file, and return its command."""
    file = importlib.import_module(f"{__name__}.{_FILES.get(verb, verb)}")
    command: click.Command = getattr(file, f"{verb}_command")
    return command


class Verbs(click.Group):
    """A group that imports a verb's module only when the verb is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return command_of(name) if name in VERBS else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the verbs where an unknown one is typed."""
        if args[0] not in VERBS and not args[0].startswith("-"):
            raise click.UsageError(_unknown(args[0]), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


_ELSEWHERE = {
    "train": " What snnc build wrote trains: python -m NAME.train, in its folder.",
    "watch": " snnc build --watch SPECS builds whenever a spec is saved.",
}
"""What does the work of verbs that there are not."""
_MEANT = {
    "build": "compile generate make",
    "check": "lint validate verify",
    "evaluate": "run simulate test",
    "fmt": "format",
    "init": "create new",
    "plot": "draw show visualize",
    "predict": "infer",
    "report": "info inspect stats summary",
    "--help": "help",
    "--version": "version",
}
"""What other programs call the verbs."""


def _unknown(verb: str) -> str:
    word = verb.lower()
    meant = (ours for ours, theirs in _MEANT.items() if word in theirs.split())
    near = next(meant, None) or closest(word, VERBS)
    hint = f" Did you mean {near}?" if near else ""
    hint = _ELSEWHERE.get(word, hint)
    if os.path.exists(verb):
        hint = f" Write one before the file: snnc check {printable(verb)}."
    return f"There is no verb {verb}.{hint} The verbs are {', '.join(VERBS)}."


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
        typed = sys.argv[1:] if arguments is None else None
        status = snnc.main(
            args=arguments, prog_name="snnc", standalone_mode=False, obj=typed
        )
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
    if not isinstance(error, click.exceptions.NoArgsIsHelpError):  # has many lines
        error.message = printable(error.message)  # type: ignore[misc]
    error.show()
    return error.exit_code


def _os_error_text(error: OSError) -> str:
    """What the operating system refuses, which is no bug."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return "the current folder is gone: change to one that is there"
    return reason(error) if error.filename else str(error.strerror)


def _report_bug() -> int:
    """Show the traceback of a bug."""
    import traceback

    for line in traceback.format_exc().rstrip("\n").split("\n"):
        say(line)
    say("This is a bug in snnc: please report it with the spec.")
    return BUG
