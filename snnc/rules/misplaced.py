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
    help = "{hint}"

    key: str
    kinds: tuple[str, ...]
    setting: str = ""

    @property
    def hint(self) -> str:
        if self.setting:
            return f"write it in `train`: `{self.setting}`"
        where = listed(self.kinds) or "`neuron lif`"
        return f"write it among the properties of the statement it belongs to: {where}"


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


class InputByKind(Diagnostic):
    """A statement reads `input`, the word, in place of the input's name.

    The input has a name like any layer. Only encoders read it: the chip receives
    spikes, and an encoder makes them of values.
    """

    code = "SNN224"
    title = "the input read by its kind"
    message = "the input is called `{input}`{who}"
    label = "a kind of statement, not a name"
    help = "{hint}"

    input: str
    encoder: str
    by_encoder: bool

    @property
    def who(self) -> str:
        return "" if self.by_encoder else ", and only encoders read it"

    @property
    def hint(self) -> str:
        if self.by_encoder:
            return f"write `from {self.input}`"
        if self.encoder:
            return f"write `from {self.encoder}`, the name of the encoder"
        return "write an encoder before, `encode conv e { filters 2 }`, and `from e`"
