"""The one true layout, example by example."""

import pytest

from snnc.language.written import numeral
from tests.support import in_notation

WIDTH = 88
"""The columns of a formatted line."""

BEFORE = """\
##  From an earlier project

snn 1 # edition
#between


network  n{ # opener

  about "a	b \\"c\\""
  defaults{neuron lif{tau_rc 0.020 s tau_ref 2.0 ms}rate 20..150   Hz} # all


  # the input
  input i 8x8x1 in 0..255 as -1..1
  encode conv e { filters 2 # few
     # a kernel

     kernel 3  start   spread
     # and no more
     } # behind
  dense a {}

  add  from a,b
  readout r { classes [ cat, # meow
    dog, input
    # who else?
    ] }
  train { loss cross_entropy, optimizer adam { learning_rate 0.001 } }
  # the end
} # closer

# after
"""
AFTER = """\
##  From an earlier project

snn 1  # edition

# between

network n {  # opener
  about "a\\tb \\"c\\""
  defaults { neuron lif { tau_rc 0.02 s, tau_ref 2.0 ms }, rate 20..150 Hz }  # all

  # the input
  input i 8x8x1 in 0..255 as -1..1
  encode conv e {
    filters 2  # few
    # a kernel

    kernel 3
    start spread
    # and no more
  }  # behind
  dense a {}

  add from a, b
  readout r {
    classes [
      cat  # meow
      dog, input
      # who else?
    ]
  }
  train {
    loss cross_entropy
    optimizer adam { learning_rate 1e-3 }
  }
  # the end
}  # closer

# after
"""


def body(statement: str) -> str:
    text = in_notation(f"snn 1\nnetwork n {{\n{statement}\n}}\n", "snn")
    return text.removeprefix("snn 1\n\nnetwork n {\n").removesuffix("}\n")


def test_formatting_keeps_comments_and_blank_lines() -> None:
    assert in_notation(BEFORE, "snn") == AFTER


@pytest.mark.parametrize("columns", [WIDTH, WIDTH + 1])
def test_a_block_is_broken_where_it_does_not_fit(columns: int) -> None:
    name = "d" * (columns - len("  dense  { units 3, l2 0.1 }"))
    lines = body(f"dense {name} {{ units 3, l2 0.1 }}  # a long remark").splitlines()
    whole = [f"  dense {name} {{ units 3, l2 0.1 }}  # a long remark"]
    broken = [
        f"  dense {name} {{",
        "    units 3",
        "    l2 0.1",
        "  }  # a long remark",
    ]
    assert lines == (whole if columns == WIDTH else broken)


def test_a_kind_in_a_list_never_begins_a_line() -> None:
    text = body("readout y { classes [dense, add, cat # a remark\n dog] }")
    lines = text.splitlines()
    assert lines[1:3] == ["    classes [dense, add", "      cat  # a remark"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.001, "1e-3"),
        (0.05, "0.05"),
        (2.0, "2.0"),
        (150, "150"),
        (5e-5, "5e-5"),
        (0.0025, "0.0025"),
        (-1e-7, "-1e-7"),
        (1e6, "1e6"),
        (1e22, "1e22"),
        (-0.0, "-0.0"),
        (0.0012345678901234567, "1.2345678901234567e-3"),
    ],
)
def test_number_is_written_in_its_shortest_form(value: float, text: str) -> None:
    assert numeral(value) == text
    assert float(text) == value


def test_yaml_is_converted_to_snn() -> None:
    text = """\
snn: 1
network: n  # name
about: Two
# dense
layers: [{dense: {name: d0, units: 3}}]
readout:
  name: y
  classes:
    - cat
    # a remark
    - add
    - in
    - two words
"""
    assert (
        in_notation(text, "snn", "x.yaml")
        == """\
snn 1

network n {  # name
  about "Two"
  # dense
  dense d0 { units 3 }
  readout y {
    classes [
      cat, add
      # a remark
      "in"
      "two words"
    ]
  }
}
"""
    )


def test_a_spec_with_syntax_errors_is_refused() -> None:
    text = "snn 1\nnetwork n {\n  dense d0 { units }\n}\n"
    with pytest.raises(ValueError, match="syntax errors"):
        in_notation(text, "snn")
