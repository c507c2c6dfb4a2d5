"""A statement in the notation of Keras is written as a spec has it, or not at all."""

import pytest

from snnc.vocabulary.meant import meant_properties, meant_statement


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "conv3d c0(filters=8, kernel_size=(3, 3, 3))",
            "conv3d c0 { filters 8, kernel 3x3x3 }",
        ),
        ("x = layers.Conv2D(8, 3)(c0)", "conv2d x from c0 { filters 8, kernel 3 }"),
        ("add s0 { from c0, c1 }", "add s0 from c0, c1"),
        ("conv2d c1 { from [a, b], filters 8 }", "conv2d c1 from a, b { filters 8 }"),
        ("MaxPooling2D p0 { pool_size 2 }", "maxpool p0 { window 2 }"),
        ("timing { dt=1ms }", "timing { dt 1 ms }"),
        ("input x { shape 8x8x1, range 0..1 }", "input x 8x8x1 in 0..1"),
        ("input x 8x8x1 in -inf..inf", ""),  # the range is not one that can be written
        ("Dense(10, activation='softmax')", ""),
        ("nn.Conv2d(2, 8, 3)", ""),  # three sizes without keys
        ("conv2d c0 { filters 8 } # wide", ""),
        ("relu relu", ""),  # values alone
    ],
)
def test_statement_is_written_if_its_meaning_is_certain(text: str, line: str) -> None:
    assert meant_statement(text) == line


def test_properties_of_a_block_on_several_lines_are_written() -> None:
    adam = "optimizer adam { learning_rate 1e-3 }"
    assert meant_properties("optimizer=keras.optimizers.Adam(lr=1e-3)", "train") == adam
    assert meant_properties("batch_size: 64", "train") == "batch 64"
    assert meant_properties("optimizer=Lion(1e-3)", "train") == ""
