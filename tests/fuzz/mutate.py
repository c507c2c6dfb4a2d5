"""Damages good inputs: cuts, repeats and overwrites them, and joins two."""

from collections.abc import Sequence
from typing import AnyStr

from hypothesis import strategies as st

_MOST_EDITS = 6
_MOST_COPIES = 40
_EXTREME = (0, 1, 0x7F, 0x80, 0xFF)
_SIZES = (0, 1, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1)


@st.composite
def _stretch(draw: st.DrawFn, size: int) -> tuple[int, int]:
    """Draw the start and the end of a part, most of them short."""
    start = draw(st.integers(0, size))
    length = draw(st.one_of(st.integers(0, 8), st.integers(0, size)))
    return start, min(start + length, size)


@st.composite
def _splice(
    draw: st.DrawFn, value: AnyStr, samples: Sequence[AnyStr], part: AnyStr
) -> AnyStr:
    """Replace a stretch by nothing, by copies of itself, or by something else."""
    start, end = draw(_stretch(len(value)))
    kind = draw(st.sampled_from(["remove", "repeat", "move", "insert", "join"]))
    if kind == "remove":
        return value[:start] + value[end:]
    if kind == "repeat":
        copies = draw(st.integers(2, _MOST_COPIES))
        return value[:start] + value[start:end] * copies + value[end:]
    if kind == "move":
        rest = value[:start] + value[end:]
        at = draw(st.integers(0, len(rest)))
        return rest[:at] + value[start:end] + rest[at:]
    if kind == "insert":
        return value[:start] + part + value[end:]
    other = draw(st.sampled_from(samples))
    first, last = draw(_stretch(len(other)))
    return value[:start] + other[first:last] + value[end:]


@st.composite
def mutated_bytes(draw: st.DrawFn, samples: Sequence[bytes]) -> bytes:
    """Draw one of some files, damaged in up to six places."""
    data = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(0, _MOST_EDITS))):
        part = draw(_noise())
        if draw(st.booleans()):  # overwrite, so that all else stays where it was
            at = draw(st.integers(0, len(data)))
            data = data[:at] + part + data[at + len(part) :]
        else:
            data = draw(_splice(data, samples, part))
    return data


def _noise() -> st.SearchStrategy[bytes]:
    """Bytes at random, and those that sizes and offsets are made of."""
    return st.one_of(
        st.binary(min_size=1, max_size=8),
        st.sampled_from(_EXTREME).map(lambda byte: bytes([byte])),
        st.builds(
            lambda value, width: (value % 256**width).to_bytes(width, "little"),
            st.sampled_from(_SIZES),
            st.sampled_from((2, 4, 8)),
        ),
    )


@st.composite
def mutated_text(
    draw: st.DrawFn, samples: Sequence[str], parts: st.SearchStrategy[str]
) -> str:
    """Draw one of some texts, damaged in up to six places, or with a drawn part."""
    text = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(0, _MOST_EDITS))):
        text = draw(_splice(text, samples, draw(parts)))
    return text
