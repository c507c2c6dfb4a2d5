"""Common parameters: specs, the device, formats, and renamed options."""

from __future__ import annotations

import importlib
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from snnc.cli import printing
from snnc.cli.settings import repository_settings
from snnc.diagnostics import Diagnostics
from snnc.diagnostics.spec_error import SpecError
from snnc.loihi.profile import DEFAULT, read_profile
from snnc.rules.files import NoSpecInFolder
from snnc.runtime.files import reason
from snnc.source import SourceFile, whole_file
from snnc.syntax import files as spec_files
from snnc.text.installing import missing
from snnc.verbs.options import Option as DeclaredOption
from snnc.verbs.options import options_of

if TYPE_CHECKING:
    from snnc.ir.device import Profile


Option = Callable[[Callable[..., Any]], Callable[..., Any]]
"""The result of `click.option`."""

DATA = "An .npz file with x and y, or a folder with x.npy and y.npy."
WEIGHTS = "A safetensors file with the trained weights."


flag = partial(click.option, is_flag=True)
path = partial(click.option, type=click.Path(path_type=Path), metavar="FILE")
file = partial(click.option, type=click.Path(dir_okay=False, path_type=Path))
data = path("--data", help=DATA, required=True, metavar="PATH")
weights = path("--weights", help=WEIGHTS, required=True)
spec = click.argument("spec", type=click.Path())
package = click.argument("package", type=click.Path(path_type=Path))


def choice(*names: str, among: Sequence[str], **settings: Any) -> Option:
    """Return an option with some values; the help shows the default."""
    kind = click.Choice(among)
    return click.option(*names, type=kind, show_default=True, **settings)


def output_format(help: str = "Output format.", *others: str) -> Option:
    """Return the option ``--format``: text, JSON, and the verb's other formats."""
    among = ["text", "json", *others]
    return choice("--format", "form", among=among, help=help, default="text")


def diagnostic_format(help: str) -> Option:
    """Return the option ``--format`` of a verb that prints diagnostics."""
    return output_format(help, "github", "sarif")


def _check_picture(
    context: click.Context, parameter: click.Parameter, picture: Path | None
) -> Path | None:
    """Before a long computation, refuse a picture that can't be written."""
    if picture is None:
        return None
    from snnc.views import plots  # slow to import

    try:
        plots.check_file(picture)
    except (ValueError, ModuleNotFoundError) as error:
        raise click.UsageError(str(error)) from error
    return picture


def picture(what: str, name: str = "--picture") -> Option:
    """Return the option ``--picture``, which names the file for a picture."""
    help = f"Also draw {what}: .png, .svg or .pdf."
    return file(name, help=help, callback=_check_picture)


stdin_filename = click.option(
    "--stdin-filename",
    metavar="PATH",
    help="With -, a file name for the text on stdin. Diagnostics show this name, and"
    " its suffix determines the notation.",
)
force = flag("--force", help="Replace existing specs and weight files.")


def of(kind: type[Any], *names: str) -> Option:
    """Return click's options for the options of a verb: all, or those named."""
    declared = options_of(kind)

    def add(command: Any) -> Any:
        # As for decorators, the option that is added last comes first in the help.
        for name in reversed(names or [*declared]):
            command = _to_click(name, declared[name])(command)
        return command

    return add


_FOLDER = click.Path(file_okay=False, path_type=Path)


def _to_click(name: str, described: DeclaredOption) -> Option:
    """Return click's option for an option of a verb."""
    default = described.default
    settings: dict[str, Any] = {"default": default, "show_default": True}
    if described.read is not None:
        settings |= {
            "callback": _reader(described.read),
            "default": ",".join(default) if isinstance(default, tuple) else default,
            "metavar": described.metavar,
            "multiple": described.several,
        }
    elif described.choices:
        settings["type"] = click.Choice(described.choices)
    elif described.least is not None:
        settings |= {"type": click.IntRange(described.least), "metavar": "N"}
    elif described.path == "packages":
        # The settings are read only if the option is not typed.
        settings["default"] = lambda: repository_settings().packages
        settings |= {"type": _FOLDER, "show_default": "models"}
    elif described.path == "folder":
        settings["type"] = _FOLDER
    elif described.path:
        settings |= {"type": click.Path(path_type=Path), "metavar": described.metavar}
    elif default is False:
        settings["is_flag"] = True
    else:
        settings["metavar"] = described.metavar
    typed = described.names or (f"--{name.replace('_', '-')}",)
    return click.option(*typed, name, help=described.help, **settings)


def _reader(read: Callable[[Any], object]) -> Callable[..., object]:
    """Return the callback of an option whose value is read from a text."""

    def callback(context: object, option: object, text: Any) -> object:
        try:
            return None if text is None else read(text)
        except ValueError as error:
            raise click.UsageError(str(error)) from error

    return callback


def is_typed(name: str) -> bool:
    """Return whether an option is on the command line."""
    source = click.get_current_context().get_parameter_source(name)
    return source is ParameterSource.COMMANDLINE


def require_specs(
    context: click.Context, parameter: click.Parameter, specs: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the specs as typed, or those in the repository's settings."""
    specs = specs or repository_settings().specs
    if not specs and not context.params.get("allow_empty"):
        hint = "name them, or set `specs` in [tool.snnc] of pyproject.toml"
        raise click.MissingParameter(hint, ctx=context, param=parameter)
    return specs


def specs(command: Any) -> Any:
    """Add the argument SPECS, which may be empty with ``--allow-empty``."""
    allow_empty = flag(
        "--allow-empty",
        # Eager options are read first: `require_specs` needs this one's value.
        is_eager=True,
        help="Succeed if there is nothing to do (no SPEC, or an empty or missing "
        "folder).",
    )
    argument = click.argument(
        "specs", nargs=-1, type=click.Path(), metavar="SPECS...", callback=require_specs
    )
    return argument(allow_empty(command))


def checked_stdin(specs: Iterable[str], filename: str | None) -> str:
    """Return the file name to show for stdin; refuse ``filename`` without a spec ``-``.

    Raises click.UsageError.
    """
    if filename is not None and spec_files.STDIN not in specs:
        raise click.UsageError("--stdin-filename needs - instead of a SPEC")
    return spec_files.STDIN_NAME if filename is None else Path(filename).as_posix()


def read_input(path: str, stdin: str, report: Diagnostics) -> SourceFile | None:
    """Read a spec from a file, or from stdin under the given name."""
    if path == spec_files.STDIN:
        return spec_files.read_stdin(report, stdin)
    return spec_files.read(path, report)


def with_folders(
    paths: Iterable[str], report: Diagnostics, *, allow_empty: bool = False
) -> Iterator[str]:
    """Replace each folder by the specs inside, and report folders without specs.

    With ``allow_empty``, skip those, and missing paths unless they are named like a
    spec, because git removes folders without files (decision 016).
    """
    for path in paths:
        is_missing = not os.path.lexists(path)
        if allow_empty and is_missing and not spec_files.can_format(path):
            continue
        if path == spec_files.STDIN or not Path(path).is_dir():
            yield path
            continue
        inside = spec_files.specs_in(Path(path))
        if not inside and not allow_empty:
            name = Path(path).as_posix()
            known = spec_files.is_package(name)
            report.add(NoSpecInFolder(span=whole_file(name), is_package=known))
        yield from map(str, inside)


def refuse_existing(force: bool, *files: Path | None) -> None:
    """Before a computation, exit with status 1 if files exist, unless ``force``."""
    existing = [file for file in files if file is not None and file.exists()]
    if existing and not force:
        for file in existing:
            printing.say(f"error: {file} exists; `--force` replaces it")
        raise click.exceptions.Exit(1)


def quiet_tensorflow(simulator: str = "") -> None:
    """Let TensorFlow print only errors; call this before importing TensorFlow.

    NengoDL turns TensorFlow's messages on again, also in a process that looks for GPUs.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    if simulator == "nengo_dl" and sys.stderr and not missing("nengo_dl"):
        warnings.filterwarnings("ignore", module="nengo_dl")
        shown = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        try:
            with suppress(ImportError):  # whatever uses it says why
                importlib.import_module("nengo_dl")
        finally:
            os.dup2(shown, 2)
            os.close(shown)


@contextmanager
def one_line_errors(*others: type[Exception]) -> Iterator[None]:
    """Print a message and exit with status 1 if data, a package or a spec is refused.

    This covers snnc's own errors, operating system errors, and ``others``. Any other
    error is a bug.
    """
    usual = (ValueError, ModuleNotFoundError, OSError)
    caught: tuple[type[Exception], ...] = (*usual, *others)
    try:
        yield
    except SpecError as error:
        printing.print_diagnostics(error)
        raise click.exceptions.Exit(1) from error
    except caught as error:
        # A ValueError from a library is a bug, so its class must be one of snnc's.
        is_own = type(error).__module__.startswith("snnc.")
        is_missing = isinstance(error, ModuleNotFoundError) and error.name is None
        if not (is_own or is_missing or isinstance(error, (OSError, *others))):
            raise
        first, *lines = reason(error).split("\n  ")
        printing.say(f"error: {first}")
        for line in lines:
            printing.say(f"  - {line}")
        raise click.exceptions.Exit(1) from error


def device_name() -> str:
    """Return the device's name or file, as typed or as in the settings."""
    device: str | None = click.get_current_context().find_root().params["device"]
    return device or repository_settings().device or DEFAULT


def device() -> Profile:
    """Return the device to compile for."""
    return read_profile(device_name())


def print_diagnostics_as(form: str, report: Diagnostics) -> None:
    """Print all diagnostics in the given format; text goes to stderr."""
    if form == "text":
        printing.print_diagnostics(report)
        return
    from snnc.diagnostics import machine_formats  # only programs need it

    shown = printing.shown_diagnostics(report)
    if form == "github":
        for line in machine_formats.github_commands(shown):
            printing.print_data(f"{line}\n")
    elif form == "sarif":
        printing.print_json(machine_formats.sarif_document(shown))
    else:
        printing.print_json(machine_formats.document(shown))
