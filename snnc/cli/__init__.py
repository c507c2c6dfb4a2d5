"""The command line: one verb a file, each imported when it is used.

stdout is data, stderr is talk. Exit status: 0 fine, 1 diagnostics or stale output,
2 usage, 3 a bug in snnc, 130 interrupted.
"""

from __future__ import annotations

import gc
import io
import os
import sys

import click

from snnc import __version__
from snnc.cli.verbs import Verbs

BUG = 3
INTERRUPTED = 130


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="snnc")
@click.option(
    "--device",
    metavar="NAME|FILE",
    help="Compile for another device than loihi1: the limits are read from a file such"
    " as snnc/loihi/loihi1.toml.",
)
@click.pass_context
def snnc(context: click.Context, device: str | None) -> None:
    """Compile specs of spiking networks to Keras and Nengo code for Loihi."""
    if device is None:
        return
    from snnc.loihi.profile import ProfileError, compiling_for

    try:
        context.with_resource(compiling_for(device))
    except ProfileError as error:
        raise click.BadParameter(str(error), param_hint="--device") from error


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    # A run is short and ends with the process: neither collecting garbage nor looking
    # for plugins of pydantic, of which snnc has none, is worth the wait.
    gc.disable()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    _print_anything()
    try:
        status = snnc.main(args=arguments, prog_name="snnc", standalone_mode=False)
    except click.exceptions.Abort:
        return INTERRUPTED
    except KeyboardInterrupt:
        return INTERRUPTED
    except click.NoSuchOption as error:
        found: click.UsageError = error
        if error.option_name in {o for p in snnc.params for o in p.opts}:
            text = f"{error.option_name} stands before the verb"
            found = click.UsageError(text, error.ctx)
        found.show()
        return found.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except Exception:
        import traceback

        traceback.print_exc()
        click.echo("This is a bug in snnc: please report it with the spec.", err=True)
        return BUG
    return status if isinstance(status, int) else 0


def _print_anything() -> None:
    """Let stdout take paths that are no text, by escapes, as stderr does."""
    stdout = sys.stdout
    if isinstance(stdout, io.TextIOWrapper) and stdout.errors == "strict":
        stdout.reconfigure(errors="backslashreplace")
