"""Words of other libraries as properties, statements and values, with what is said.

`words.txt` has the place of each word and the help; ``SNNC_ACCEPT=1`` rewrites the
helps. Read each answer as a user who knows the library, but not snnc.
"""

from pathlib import Path

import pytest

from snnc.language.keywords import KEYS, USUAL
from snnc.text.near import edits, nearest_spelling, only_near
from tests.rules.checking import HOLES, assert_accepted, check_text, framed
from tests.support import DOUBTS

EXPECTED = Path(__file__).parent / "words.txt"
# The statements to which the words that are values belong.
VALUES = {"neuron": "conv2d", "padding": "conv2d", "place": "conv2d"} | {
    "loss": "train",
    "optimizer": "train",
    "schedule": "train",
    "decide": "readout",
    "start": "encode",
}
CHOICES = ("loss focal", "optimizer adamw", "optimizer sgd")


def test_each_foreign_word_has_the_accepted_help() -> None:
    assert check_text(framed("a line", "")).diagnostics == ()
    lines = []
    for line in EXPECTED.read_text(encoding="utf-8").splitlines():
        if not line.startswith(" "):
            place, text = line.split(": ", 1)
            text = f"{place} {text}" if place in VALUES else text
            (found,) = check_text(framed(VALUES.get(place, place), text)).diagnostics
            lines.append(f"{line}\n    {found.code} {found.help}")
    assert_accepted(EXPECTED, "\n".join(lines) + "\n")


@pytest.mark.parametrize("key", sorted(KEYS))
def test_usual_value_of_every_property_is_valid(key: str) -> None:
    line = f"{key} {USUAL[key]}"
    homes = [
        *(framed(hole, line) for hole in HOLES),
        *(framed("train", f"{choice} {{ {line} }}") for choice in CHOICES),
        framed("readout", f"learn pes {{ {line} }}"),
    ]
    # Given twice, or in two ways, it is known and its value is right.
    # The usual `present` is too short for the layers of the frame.
    known = {"SNN204", "SNN220", "SNN509", *DOUBTS}
    assert any(
        {d.code for d in check_text(home).diagnostics} <= known for home in homes
    )


@pytest.mark.parametrize(
    ("word", "other", "count"),
    [
        ("bias", "bias", 0),
        ("bais", "bias", 1),
        ("bits", "bias", 1),
        ("filtres", "filters", 1),
        ("tau_mem", "tau_ref", 2),
        ("", "ab", 2),
        ("kitten", "sitting", 3),
    ],
)
def test_edits_counts_changed_letters(word: str, other: str, count: int) -> None:
    assert edits(word, other) == edits(other, word) == count


def test_only_near_needs_a_single_candidate() -> None:
    kinds = ("conv1d", "conv2d", "conv3d", "dense")
    assert only_near("densee", kinds) == "dense"
    assert only_near("conv4d", kinds) is None
    assert only_near("loihi2", ("loihi", "nengo")) is None
    assert nearest_spelling("loihi2", ("loihi", "nengo")) == "loihi"
    assert nearest_spelling("on", ("off", "auto")) is None
