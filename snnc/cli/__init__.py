"""The command line: each module defines a few subcommands, and is imported on use.

Data go to stdout, messages to stderr. Exit status: 0 success, 1 diagnostics or stale
output, 2 usage error, 3 a bug in snnc, 130 interrupted. Read `check` first. Imports
every folder.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os

import click

from snnc.cli.printing import lenient_streams, say, say_lines
from snnc.cli.version import print_version
from snnc.runtime.files import reason
from snnc.text.near import nearest_spelling
from snnc.text.tables import printable

GROUPS = {
    "Write a spec": {
        "init": "create a starter spec, with hooks and a workflow",
        "import": "import a Keras model as a spec with weights",
        "convert": "convert a spec between .snn and YAML",
        "fmt": "format specs",
    },
    "Check it": {
        "check": "list every problem of specs",
        "report": "print the layers, cores and costs of a network",
        "fit": "list variants of a spec that fit on a given number of cores",
        "limits": "print the limits of the chip",
        "diff": "show what changed between two specs",
        "explain": "explain a diagnostic code",
        "status": "print which specs fit, are built, trained and evaluated",
    },
    "Build it": {"build": "check specs and write their packages"},
    "Train and run it": {
        "demo": "train and run a drifting-digits network, from spec to spikes",
        "train": "train a package, and write its weights",
        "evaluate": "run a trained package on data, with the chip's spikes",
        "predict": "compute outputs and labels of new data",
        "calibrate": "scale existing weights so that rates are within their ranges",
        "sweep": "compare variants of a spec in cost and accuracy",
        "plot": "draw a network, its cores or its results",
        "weights": "check a weight file against a network and its chip",
    },
    "Exchange and set up": {
        "export": "export a trained package to NIR",
        "schema": "print the JSON Schema of YAML specs",
        "lsp": "run the language server for editors",
        "completion": "print the completion script of a shell",
    },
}
VERBS = {verb: what for verbs in GROUPS.values() for verb, what in verbs.items()}

_FILES = {
    "check": "convert fmt schema",
    "editors": "completion explain lsp",
    "evaluate": "predict",
    "exchange": "export import",
    "init": "demo",
    "sweep": "plot",
    "tables": "limits status",
    "weights": "calibrate",
}
"""The files with verbs of different names, and these verbs."""


def command_of(verb: str) -> click.Command:
    """Import the module of a verb, and return its command."""
    files = (file for file, verbs in _FILES.items() if verb in verbs.split())
    module = importlib.import_module(f"{__name__}.{next(files, verb)}")
    command: click.Command = getattr(module, f"{verb}_command")
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
        """Find a verb; list all verbs if the name is unknown."""
        if args[0] not in VERBS and not args[0].startswith("-"):
            raise click.UsageError(_unknown(args[0]), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        for title, verbs in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl(list(verbs.items()), col_max=12)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options of all verbs, which may follow the verb."""
        return super().parse_args(ctx, _with_shared_first(args))


_SHARED = frozenset(("-q", "--quiet", "-v", "--verbose"))


def _with_shared_first(args: list[str]) -> list[str]:
    """Move the options that all verbs share to the front."""
    # click accepts the options of a group only before the subcommand.
    shared: list[str] = []
    others: list[str] = []
    left = iter(args)
    for word in left:
        if word == "--":
            return [*shared, *others, word, *left]
        if word == "--device":
            shared += [word, *(value for value in [next(left, None)] if value)]
        elif word in _SHARED or word.startswith("--device="):
            shared.append(word)
        else:
            others.append(word)
    return [*shared, *others]


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
"""Names that other programs use for the verbs."""


def _unknown(verb: str) -> str:
    """Return the message about an unknown verb, with the likely one."""
    word = verb.lower()
    meant = (ours for ours, theirs in _MEANT.items() if word in theirs.split())
    near = next(meant, None) or nearest_spelling(word, VERBS)
    hint = f" Did you mean {near}?" if near else ""
    if word == "watch":
        hint = " snnc build --watch SPECS builds whenever a spec is saved."
    if os.path.exists(verb):
        hint = f" Put one before the file: snnc check {printable(verb)}."
    return f"Unknown command {verb}.{hint} The commands are {', '.join(VERBS)}."


FORMER_OPTIONS = {
    "out": "output",
    "plot": "picture",
    "plot-cores": "picture-cores",
    "schema": "modeline",
}
"""Former names of options, which still work but which the help doesn't show."""

FAILED = 1
BUG = 3
INTERRUPTED = 130


@click.group(
    cls=Verbs,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "token_normalize_func": lambda name: FORMER_OPTIONS.get(name, name),
    },
    epilog="Exit status: 0 success, 1 problems or stale packages, 2 usage error, 3 a"
    " bug in snnc, 130 interrupted. `snnc COMMAND --help` has an example.",
)
@click.option(
    "-V",
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=print_version,
    help="Show the version and exit.",
)
@click.option(
    "--device",
    metavar="NAME|FILE",
    help="Compile for a chip other than loihi1. A file contains the limits of the"
    " chip, such as snnc/loihi/loihi1.toml.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print only data and problems.")
@click.option(
    "-v",
    "--verbose",
    is_flag=True,
    help="Print details: build lists the files that it writes.",
)
def snnc(device: str | None, quiet: bool, verbose: bool) -> None:
    """Compile specs of spiking networks to Keras and Nengo code for Loihi.

    The options below may also follow the command.
    """
    if device is None:
        return
    from snnc.loihi.profile import ProfileError, read_profile  # few runs set a device

    try:
        read_profile(device)
    except ProfileError as error:
        raise click.BadParameter(str(error), param_hint="--device") from error


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    # A run is short, so garbage collection only costs time, and so does the search for
    # pydantic plugins, because snnc has none.
    gc.disable()
    atexit.register(gc.freeze)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    with lenient_streams() as stdout:
        status = _run(arguments)
        lost = None if stdout is None else stdout.lost
        if lost is not None:
            say(f"error: stdout can't be written: {lost.strerror}")
    return status or FAILED if lost is not None else status


def _run(arguments: list[str] | None) -> int:
    """Run a command, print its errors, and return the exit status."""
    try:
        status = snnc.main(args=arguments, prog_name="snnc", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except click.ClickException as error:
        return _refuse(error)
    except OSError as error:
        if error.errno is None:  # a library raised it, and not the system
            return _report_bug()
        say(f"error: {_os_error_text(error)}")
        return FAILED
    except Exception:
        return _report_bug()
    return status if isinstance(status, int) else 0


def _refuse(error: click.ClickException) -> int:
    message = error.message
    context = getattr(error, "ctx", None)
    if "extra argument" in message and context is not None:
        named = [name for option in context.command.params for name in option.opts]
        message += ": `-o FILE` names an output" if "-o" in named else ""
    if isinstance(error, click.NoSuchOption) and context is not None:
        message += _format_hint(error.option_name, context.command)
    # The message may quote control characters that were typed (decision 020).
    if not isinstance(error, click.exceptions.NoArgsIsHelpError):  # the help text
        error.message = printable(message)  # type: ignore[misc]
    error.show()
    return error.exit_code


def _format_hint(option: str, command: click.Command) -> str:
    """Return what to type for an option such as --json; empty for other options."""
    form = option.lstrip("-")
    known = next((o for o in command.params if "--format" in o.opts), None)
    choices = (
        known.type.choices if known and isinstance(known.type, click.Choice) else ()
    )
    return f" Did you mean `--format {form}`?" if form in choices else ""


def _os_error_text(error: OSError) -> str:
    """Return the message for an operating system error, which is not a bug."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return "the current folder was deleted: change to another one"
    return reason(error) if error.filename else str(error.strerror)


def _report_bug() -> int:
    import traceback  # only for bugs

    say_lines(traceback.format_exc().rstrip("\n"))
    say("This is a bug in snnc: please report it with the spec.")
    return BUG
