"""Words of the language in a place of another kind of word."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic
from snnc.rules.names import listed


class PropertyAsStatement(Diagnostic):
    """A property stands on a line of its own outside of a statement's braces.

    Properties such as `padding` or `rate` belong to a statement: they are written in
    the braces that follow it, or in those of `defaults` for all layers.
    """

    code = "SNN222"
    title = "property in place of a statement"
    message = "`{key}` is a property, not a statement"
    label = "outside braces"
    help = "write it among the properties of the statement it belongs to: {owners}"

    key: str
    kinds: tuple[str, ...]

    @property
    def owners(self) -> str:
        return listed(self.kinds)


class ReservedSource(Diagnostic):
    """A statement reads a word of the language in place of a layer's name.

    `from` and `shortcut` take names. Encoders, pools, `add` and `concat` need none,
    but what is read by name has one: it stands after the kind of the statement.
    """

    code = "SNN223"
    title = "word of the language as a layer"
    message = "`{word}` is a kind of statement, not the name of a layer"
    label = "expected a name"
    help = "name the layer, `{named}`, and write `{key} {name}`"

    word: str
    key: str
    named: str
    name: str
