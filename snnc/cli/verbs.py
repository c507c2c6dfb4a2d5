"""The verbs and where each is implemented."""

from __future__ import annotations

import importlib

import click

from snnc.text.near import closest

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
    "report": "print a network's layers, cores and their use",
    "schema": "print the JSON Schema of YAML specs, for editors",
    "sweep": "compare variants of a spec: costs at once, accuracy on data",
    "weights": "show a weights file, and whether a network and its chip take it",
}


class Verbs(click.Group):
    """A group that imports a verb's module only when the verb is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"snnc.cli.{name}").command
        return command

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


def _unknown(verb: str) -> str:
    near = closest(verb.lower(), VERBS)
    hint = f" Did you mean {near}?" if near else ""
    if verb.lower() == "train":
        hint = " What snnc build wrote trains: python -m NAME.train, in its folder."
    return f"There is no verb {verb}.{hint} The verbs are {', '.join(VERBS)}."
