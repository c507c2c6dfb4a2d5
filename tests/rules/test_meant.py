"""The first message about a statement in Keras' notation shows it as in a spec.

If the meaning is not certain, the message shows no statement.
"""

import pytest

from tests.rules.checking import check_text, framed


def first_help(statement: str) -> str:
    return check_text(framed("a line", statement)).diagnostics[0].help


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        (
            "conv3d c9(filters=8, kernel_size=(3, 3, 3))",
            "conv3d c9 { filters 8, kernel 3x3x3 }",
        ),
        ("x = layers.Conv2D(8, 3)(c0)", "conv2d x from c0 { filters 8, kernel 3 }"),
        ("add s0 { from c0, c1 }", "add s0 from c0, c1"),
        ("conv2d c9 { from [a, b], filters 8 }", "conv2d c9 from a, b { filters 8 }"),
        ("MaxPooling2D p0 { pool_size 2 }", "maxpool p0 { window 2 }"),
        ("timing { dt=1ms }", "timing { dt 1 ms }"),
        ("input x { shape 8x8x1, range 0..1 }", "input x 8x8x1 in 0..1"),
        (
            "train {\n optimizer=keras.optimizers.Adam(lr=1e-3)\n}",
            "optimizer adam { learning_rate 1e-3 }",
        ),
        ("train {\n batch_size: 64\n}", "batch 64"),
    ],
)
def test_first_message_shows_the_statement(statement: str, line: str) -> None:
    assert first_help(statement) == f"write `{line}`"


@pytest.mark.parametrize(
    "statement",
    [
        "input x 8x8x1 in -inf..inf",
        "Dense(10, activation='softmax')",
        "nn.Conv2d(2, 8, 3)",  # three sizes without keys
        "train {\n optimizer=Lion(1e-3)\n}",
        "relu relu",
    ],
)
def test_uncertain_statement_is_not_shown(statement: str) -> None:
    kind = statement.split()[0]
    assert not first_help(statement).startswith((f"write `{kind} ", "write `dense "))
