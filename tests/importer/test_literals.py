"""Numbers, tuples, shapes and dtypes mean the same however Keras writes them."""

from pathlib import Path
from typing import Any

import pytest

from snnc.importer.read import read
from tests.importer.configs import IMAGE, ended, functional, layer, model_of, of


def numpy(value: Any) -> dict[str, Any]:
    """Return a number or an array as Keras 2.12 writes it into a `.keras` file."""
    return {
        "class_name": "__numpy__",
        "config": {"value": value, "dtype": "float32"},
    }


def keras_list(name: str, *items: Any) -> dict[str, Any]:
    """Return a tuple or a shape as ``to_json()`` writes it."""
    return {"class_name": name, "items": list(items)}


FORMS: dict[str, tuple[Any, Any]] = {
    "number": (numpy(0.5), 0.5),
    "array": (numpy([0.5, 1.0]), [0.5, 1.0]),
    "tensor": ({**numpy(0.5), "class_name": "__tensor__"}, 0.5),
    "tuple": (keras_list("__tuple__", 1, keras_list("__tuple__", 2, 3)), [1, [2, 3]]),
    "shape": (keras_list("TensorShape", None, 8), [None, 8]),
    "bytes": ({"class_name": "__bytes__", "config": {"value": "a"}}, "a"),
    "old bytes": ({"class_name": "__bytes__", "value": "a"}, "a"),
    "in a list": ([numpy(0.5), None], [0.5, None]),
    "in an object": (
        {"class_name": "L2", "config": {"l2": numpy(0.5)}},
        {"class_name": "L2", "config": {"l2": 0.5}},
    ),
}


def test_an_option_is_the_value_that_is_meant() -> None:
    written = {form: value for form, (value, _) in FORMS.items()}
    model = model_of(functional(IMAGE, layer("X", "x", "image", **written)))
    found = {form: model.layers[1].options[form] for form in FORMS}
    assert found == {form: meant for form, (_, meant) in FORMS.items()}


def test_shapes_and_dtypes_are_plain() -> None:
    shape = keras_list("__tuple__", None, 8, 8, 1)
    policy = {"class_name": "DTypePolicy", "config": {"name": "float32"}}
    image = layer("InputLayer", "image", batch_input_shape=shape, dtype=policy)
    options = model_of(functional(image, layer("X", "x", "image"))).layers[0].options
    assert options["batch_input_shape"] == [None, 8, 8, 1]
    assert options["dtype"] == "float32"


def test_a_plain_relu_of_keras_2_12_is_kept() -> None:
    options = {"max_value": None, "negative_slope": numpy(0.0), "threshold": numpy(0.0)}
    conv = layer("Conv2D", "a", "image", filters=2, kernel_size=[3, 3])
    found = of(ended(conv, layer("ReLU", "r", "a", **options)))
    assert found.problems == ()
    assert found.written is not None


def every_layer(keras: Any) -> list[Any]:
    """Return layers whose options are not all plain."""
    import numpy as np

    layers = keras.layers
    return [
        layers.ReLU(),
        layers.ReLU(6.0),
        layers.LeakyReLU(0.1),
        layers.PReLU(shared_axes=[1, 2]),
        layers.ThresholdedReLU(),
        layers.Normalization(mean=np.arange(4.0), variance=np.ones(4)),
        layers.Rescaling(np.float64(1 / 255), offset=np.arange(4.0)),
        layers.BatchNormalization(axis=[3], momentum=np.float32(0.9)),
        layers.Conv2D(
            np.int64(3),
            np.array([3, 3]),
            kernel_initializer=keras.initializers.Constant(np.float32(0.1)),
            kernel_regularizer=keras.regularizers.L1L2(0.1, 0.2),
        ),
        layers.Conv2D(3, 3, activation=layers.LeakyReLU()),
        layers.Conv2D(3, 3, dtype=keras.mixed_precision.Policy("mixed_float16")),
        layers.Dropout(np.float32(0.3), noise_shape=(None, 1, 1, 4)),
        layers.ZeroPadding2D(((1, 2), (3, 4))),
        layers.Reshape((64, -1)),
    ]


@pytest.mark.slow
def test_all_formats_of_keras_2_say_the_same(tmp_path: Path) -> None:
    from tensorflow import keras

    image = x = keras.Input((8, 8, 4))
    ends = [layer(image) for layer in every_layer(keras)]
    x = image * 2.0 + keras.backend.constant([1.0, 2.0, 3.0, 4.0])
    model = keras.Model(image, [*ends, x])
    model.save(tmp_path / "m.h5")
    model.save(tmp_path / "m.keras", save_format="keras_v3")
    (tmp_path / "m.json").write_text(model.to_json(), encoding="utf-8")
    first, *others = (
        read(tmp_path / f"m.{suffix}")[0] for suffix in ("h5", "keras", "json")
    )
    assert len(first.layers) == len(every_layer(keras)) + 3
    for other in others:
        assert other.layers == first.layers
