"""Recognize a file by its first bytes or by the keys of its JSON, and parse JSON."""

from __future__ import annotations

import json
from typing import Any

from snnc.importer.model import RefusedModelError, refused, too_large
from snnc.rules.models import (
    DamagedModel,
    ForeignModel,
    NotAModel,
    OldModel,
    UnsafeModel,
)
from snnc.weight_files.header import RepeatedNameError, parse_json

HDF5 = b"\x89HDF\r\n\x1a\n"
ZIP = b"PK"
LARGEST_TEXT = 16 * 1024 * 1024
"""The most bytes of JSON: 15 times that of the largest model in Keras Applications."""
BEGINNING = 512
"""Bytes to read; HDF5 may start after a user block of this size."""

_TORCH = (
    "a PyTorch file",
    "build the same layers in Keras, copy the weights as NumPy arrays, and save that",
)
_ONNX = (
    "an ONNX model",
    "import the Keras model from which it was exported, or build the layers in Keras",
)
_LITE = (
    "a TensorFlow Lite model",
    "import the Keras model from which it was converted",
)
_GRAPH = (
    "a TensorFlow graph (a protocol buffer)",
    "name the folder of a SavedModel, or the file that `model.save('model.keras')` "
    "wrote",
)
_SCRIPT = (
    "a TensorFlow.js graph, which contains operations instead of layers",
    "import the Keras model from which it was converted, or a model converted with"
    " `--output_format tfjs_layers_model`",
)
_STATE = ("a list of PyTorch parameters", _TORCH[1])
_PICKLE = (
    "a pickle, which snnc never opens because it may run code",
    "save the model with `model.save('model.keras')`",
)
_SET = (
    "load the weights into the model with `set_weights`, and import the file that "
    "`model.save` writes"
)
_NUMPY = ("NumPy arrays without an architecture", _SET)
_TENSORS = ("a safetensors file, without an architecture", _SET)
_LFS = b"version https://git-lfs.github.com"


def foreign(path: str, what: tuple[str, str]) -> RefusedModelError:
    """Refuse a known format, and say what to do."""
    return refused(ForeignModel, path=path, what=what[0], advice=what[1])


def refusal_of_bytes(path: str, head: bytes) -> RefusedModelError | None:
    """Refuse a file whose first bytes show that it is not JSON, with SNN801 to 803."""
    suffix = path.rsplit(".", 1)[-1].lower()
    if not head:
        return not_a_model(path, "the file is empty")
    if head.startswith(_LFS):
        reason = "it is a Git LFS pointer: run `git lfs pull`"
        return refused(DamagedModel, path=path, reason=reason)
    if head.startswith(b"\x80") and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return foreign(path, _TORCH if suffix in ("pt", "pth", "bin") else _PICKLE)
    if head[4:8] == b"TFL3":
        return foreign(path, _LITE)
    if head.startswith(b"\x93NUMPY"):
        return foreign(path, _NUMPY)
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 2**32:
        return foreign(path, _TENSORS)
    if head.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1] in (b"{", b"[", b'"'):
        return None  # after the mark of UTF-8 or UTF-16
    if head.startswith(b"\x08") and suffix == "onnx":
        return foreign(path, _ONNX)
    if suffix in ("pb", "pbtxt", "meta"):
        return foreign(path, _GRAPH)
    return not_a_model(path, "it is not HDF5, a `.keras` archive or JSON")


def not_weights(path: str, head: bytes) -> RefusedModelError:
    """Refuse a weight file that Keras did not write."""
    refusal = refusal_of_bytes(path, head)
    if refusal and not (head and isinstance(refusal.diagnostic, NotAModel)):
        return refusal
    return not_a_model(path, "weights must be in HDF5 or in a `.keras` archive")


def refuse_archive(path: str, names: list[str]) -> None:
    """Refuse a zip archive that Keras did not write."""
    if any(name.endswith(("data.pkl", "/version", "constants.pkl")) for name in names):
        raise foreign(path, _TORCH)
    if names and all(name.endswith(".npy") for name in names):
        raise foreign(path, _NUMPY)
    raise not_a_model(path, "it is a zip archive without a config.json")


def refuse_json(path: str, value: Any) -> None:
    """Refuse JSON that is not a Keras model; JSON with a class_name may be one."""
    if not isinstance(value, dict):
        raise not_a_model(path, "its JSON is not an object with a class_name")
    if "class_name" in value:
        return
    if "modelTopology" in value or value.get("format") in (
        "graph-model",
        "layers-model",
    ):
        raise foreign(path, _SCRIPT)
    if {"opsetImport", "opset_import", "irVersion", "ir_version"} & value.keys():
        raise foreign(path, _ONNX)
    ends = (".weight", ".bias", ".running_mean", ".running_var", ".num_batches_tracked")
    if value and all(key.endswith(ends) for key in value):  # of a ``state_dict``
        raise foreign(path, _STATE)
    raise not_a_model(path, "its JSON has no class_name")


def old_writer(keras: Any, backend: Any) -> str:
    """Return which Keras wrote a file: Keras 1, Keras with Theano, or "" for others."""
    version = keras if isinstance(keras, str) else ""
    if version.split(".")[0] not in ("0", "1") and backend != "theano":
        return ""
    on = " with Theano" if backend == "theano" else ""
    return f"Keras {version}{on}".replace("  ", " ")


def refuse_old(path: str, keras: Any, backend: Any) -> None:
    """Refuse weights that Keras 1, or Keras with Theano, wrote."""
    if writer := old_writer(keras, backend):
        raise refused(OldModel, path=path, writer=writer)


def not_a_model(path: str, reason: str) -> RefusedModelError:
    """Refuse a file that is not a model."""
    return refused(NotAModel, path=path, reason=reason)


def parse(text: bytes | str, path: str, what: str) -> Any:
    """Return the value of a JSON text.

    Raises
    ------
    RefusedModelError
        If it is too long, nested too deeply or not JSON, or repeats a key of an object.
        ``what`` names the text.
    """
    if len(text) > LARGEST_TEXT:
        raise too_large(path, what, len(text), LARGEST_TEXT)
    try:
        value = parse_json(text)
        json.dumps(value, ensure_ascii=False).encode()  # fails on half a surrogate pair
    except RecursionError as error:
        raise too_deep(path, what) from error
    except (RepeatedNameError, ValueError) as error:
        reason = f"{what} is not JSON ({error})"
        if isinstance(error, RepeatedNameError):
            reason = f"{what} has the key {str(error)!r} twice in one object"
        raise refused(DamagedModel, path=path, reason=reason) from error
    return value


def too_deep(path: str, what: str) -> RefusedModelError:
    """Refuse JSON that is nested too deeply for Python."""
    reason = f"{what} is nested too deeply"
    return refused(UnsafeModel, path=path, reason=reason)
