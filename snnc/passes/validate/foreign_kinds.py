"""What to write for layers and commands of other libraries that are no statements.

Those that the language leaves out on purpose have rules: `snnc.rules.foreign`.
"""

from __future__ import annotations

from snnc.passes.validate.counterparts import counterpart
from snnc.rules.foreign import plain

_ADVICE = {
    "connection connections connect edge edges link projection": "a layer reads the "
    "one before it, or those that it names: `conv2d c1 from c0 {{ filters 8 }}`",
    "probe probes record": "remove it: `build_network` of the package takes "
    '`probe=["c0"]`',
    "sequential model module net layers graph network": "a file holds one network, "
    "and each layer has a line: `conv2d c0 {{ filters 8 }}`",
    "evaluate predict run simulate simulator test main": "remove it: `evaluate` of the "
    "package runs the network",
    "noise gaussiannoise": "remove it: training with `aware` has the noise of few "
    "spikes",
    "pad padding zeropadding zeropad": "write `padding same` among the properties of "
    "the convolution that reads it",
    "crop cropping slice reshape permute transpose lambda repeatvector masking unfold "
    "resizing resize centercrop": "do it to the data before: a layer takes the shape "
    "of what it reads",
    "rescaling rescale normalization normalisation normalize standardize": "write the "
    "range of the data behind the input: `input NAME 28x28x1 in 0..255 as 0..1`",
    "subtract multiply mul minimum maximum dot matmul": "layers are summed or joined: "
    "`add NAME from a, b`, or `concat NAME from a, b`",
    "identity passthrough": "remove it: a layer reads the one before it, or a name",
    "branch branches group parallel inception bottleneck block": "give each layer a "
    "line: branches read by name, `conv2d b from c0 {{ filters 8 }}`, and `concat` "
    "joins them",
    "name": "the name stands behind `network`: `network {name} {{`",
    "version spec": "remove it: `snn 1` on the first line is the version",
    "author license url date": "write it as a comment: `# {word}`",
    "let var const def class function macro define": "write values where they are "
    "used, or in `defaults` for all layers: there are no variables",
    "include require using": "a file holds one network, and includes no other",
    "stdp pes hebbian rstdp learningrule learning": "remove it: weights are trained "
    "in Keras, and the chip learns nothing",
    "end done pass endif": "remove it: a `}}` ends the block",
}
_BY_WORD = {word: advice for words, advice in _ADVICE.items() for word in words.split()}


def kind_counterpart(word: str, name: str) -> str:
    """What to write for a word that begins a statement; empty if that is not known.

    Parameters
    ----------
    word
        As it is written.
    name
        The name behind it.
    """
    if advice := _BY_WORD.get(plain(word)):
        return advice.format(word=word, name=name or "my_network")
    found = counterpart(word)
    return found.advice.format(word=word, value=found.usual) if found else ""
