"""Draws specs that say anything the language can say, sound or not."""

from __future__ import annotations

from random import Random

SPARSE = ("groups 1", "groups 2", "dilation 2", "dilation 2, groups 2")
PADDINGS = ("same", "valid")
CONV1D_PADDINGS = (*PADDINGS, "causal")
SIDES = {1: ((8, 30),), 2: ((6, 14), (6, 14)), 3: ((3, 7), (5, 9), (5, 9))}
RANGES = ("0..1", "-1..1", "0..1 as 0..3", "0..255 as -1..2")
WORDS = ("neuron lif", "batchnorm on", "bias off", "place host", "synapse 2 ms")
EXTRAS = ("", *(f", {words}" for words in WORDS))
KINDS = (
    *("conv", "conv", "conv", "depthwise", "downsample", "avgpool", "add", "concat"),
    *("dense", "maxpool", "maxpool"),
)


def draw_spec(seed: int) -> str:
    """Return the text of a network called ``drawn<seed>``."""
    return _Drawing(seed).text()


class _Drawing:
    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._random = Random(seed)
        self._rank = self._random.choice((1, 2, 2, 3, 3))
        self._names = ["e"]

    def text(self) -> str:
        random = self._random
        sides = (random.randint(*bounds) for bounds in SIDES[self._rank])
        shape = "x".join(map(str, (*sides, random.randint(1, 3))))
        lines = [
            f"target loihi {{ chips 2, pop {random.choice(('auto', 'auto', '32'))} }}",
            "timing { present 10 ms }",
            f"input x {shape} in {random.choice(RANGES)}",
            self._encoder(),
        ]
        lines += [self._layer(f"l{i}") for i in range(random.randint(1, 5))]
        lines.append(f"readout y {{ {random.choice(('classes 3', 'units 2'))} }}")
        body = "\n".join(f"  {line}" for line in lines)
        return f"snn 1\n\nnetwork drawn{self._seed} {{\n{body}\n}}\n"

    def _dims(self, low: int, high: int) -> str:
        draw = self._random.randint
        if draw(0, 1):
            return str(draw(low, high))
        return "x".join(str(draw(low, high)) for _ in range(self._rank))

    def _encoder(self) -> str:
        random = self._random
        start = ("rest", "spread")[self._seed % 3 == 0]
        if random.randint(0, 1):
            return f"encode rate e {{ start {start} }}"
        return (
            f"encode conv e {{ filters {random.randint(1, 4)}, "
            f"kernel {self._dims(1, 3)}, stride {self._dims(1, 2)}, "
            f"padding {random.choice(PADDINGS)}, "
            f"batchnorm {random.choice(('on', 'off'))}, start {start} }}"
        )

    def _layer(self, name: str) -> str:
        random = self._random
        kind = random.choice(KINDS)
        source = random.choice(("", f" from {random.choice(self._names)}"))
        shortcut = random.choice(("", "", f", shortcut {random.choice(self._names)}"))
        extra = random.choice(EXTRAS)
        before, self._names = self._names, [*self._names, name]
        if kind == "conv":
            padding = random.choice(PADDINGS if self._rank > 1 else CONV1D_PADDINGS)
            return (
                f"conv{self._rank}d {name}{source} {{ filters {random.randint(1, 6)}, "
                f"kernel {self._dims(1, 3)}, stride {self._dims(1, 2)}, "
                f"padding {padding}, {random.choice(SPARSE)}{extra}{shortcut} }}"
            )
        if kind == "depthwise":
            return (
                f"depthwise{self._rank}d {name}{source} {{ kernel {self._dims(1, 3)}, "
                f"stride {self._dims(1, 2)}, multiplier {random.randint(1, 2)}, "
                f"padding {random.choice(PADDINGS)}{extra}{shortcut} }}"
            )
        if kind == "downsample":
            return f"downsample {name}{source} {{ factor {self._dims(1, 2)}{extra} }}"
        if kind == "avgpool":
            window = random.choice((self._dims(1, 3), "all"))
            stride = random.choice(("", f", stride {self._dims(1, 2)}"))
            return f"avgpool {name}{source} {{ window {window}{stride} }}"
        if kind == "maxpool":
            window = random.choice((self._dims(1, 3), self._dims(2, 2), "all"))
            stride = random.choice(("", f", stride {self._dims(1, 2)}"))
            padding = f", padding {random.choice(PADDINGS)}"
            return f"maxpool {name}{source} {{ window {window}{stride}{padding} }}"
        if kind == "dense":
            units = random.randint(2, 12)
            return f"dense {name}{source} {{ units {units}{extra}{shortcut} }}"
        return f"{kind} {name} from {random.choice(before)}, {random.choice(before)}"
