"""The verbs and where each is implemented."""

from __future__ import annotations

import importlib

import click

VERBS = {
    "build": "check specs and write their packages",
    "check": "report every problem of specs",
    "convert": "write a spec in the other notation, .snn or YAML",
    "demo": "train and run a drifting-digits network, from spec to spikes",
    "explain": "print the page of a diagnostic's code",
    "fmt": "write specs in the one true layout",
    "limits": "print what the device can hold",
    "report": "print a network's layers, cores and their use",
    "schema": "print the JSON Schema of YAML specs, for editors",
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

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))
