"""Options that have got another name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click


class Renamed(click.Option):
    """An option that also takes its former name, of which no help tells."""

    def __init__(self, names: Sequence[str], former: str, **settings: Any) -> None:
        super().__init__([*names, former], **settings)
        self.former = former

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        names = self.opts
        self.opts = [name for name in names if name != self.former]
        try:
            return super().get_help_record(ctx)
        finally:
            self.opts = names
