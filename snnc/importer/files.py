"""Read `.keras` archives, `.h5` files, and JSON from Keras and TensorFlow.js."""

from __future__ import annotations

import errno
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from snnc.importer.build import build, is_old, translate
from snnc.importer.formats import (
    BEGINNING,
    HDF5,
    LARGEST_TEXT,
    ZIP,
    not_a_model,
    not_weights,
    old_writer,
    parse,
    refuse_archive,
    refuse_bytes,
    refuse_json,
    refuse_old,
    too_deep,
)
from snnc.importer.hdf5 import LARGEST, Store
from snnc.importer.model import (
    Graph,
    KerasLayer,
    KerasModel,
    RefusedModelError,
    Shapes,
    StoredWeights,
    refused,
    too_large,
)
from snnc.importer.tfjs import built, is_layers_model, read_tfjs
from snnc.importer.weights import (
    FOLDERS,
    NAMES,
    ROOT,
    H5Weights,
    Keras3Weights,
    variable_names,
)
from snnc.rules.models import (
    DamagedModel,
    PythonSource,
    WeightsAlone,
    WeightsDiffer,
    WeightsUnclear,
)
from snnc.source import module_of

CONFIG, METADATA, VARIABLES = "config.json", "metadata.json", "model.weights.h5"

Read = tuple[KerasModel, StoredWeights | None]
Found = tuple[KerasModel, Graph, StoredWeights | None]


def read_file(file: Path, path: str, weights: str = "") -> Read:
    """Read the content of a file; messages call the file ``path``.

    Parameters
    ----------
    weights :
        Another file, whose weights replace the weights in ``file``; or "".
    """
    try:
        model, graph, own = _read(file, path)
    except RecursionError as error:
        raise too_deep(path, "the model") from error
    if not weights:
        return model, own
    if own is not None:
        own.close()
    written = model.keras or ""
    version, theano, _ = written.partition(" with Theano")
    refuse_old(weights, version, "theano" if theano else None)
    stored = read_weights(Path(weights), weights, model, graph)
    if isinstance(stored, H5Weights) and stored.renamed:
        note = (
            f"`{weights}` uses different layer names, so weights are matched by order"
        )
        model = replace(model, notes=(f"{note}: {stored.renamed}",))
    return model, stored


def _beginning(file: Path) -> tuple[bytes, bool]:
    """Return a file's first bytes, and whether the file is HDF5."""
    with file.open("rb") as opened:
        head = opened.read(BEGINNING + len(HDF5))
    return head, head.startswith(HDF5) or head[BEGINNING:] == HDF5


def _read(file: Path, path: str) -> Found:
    head, is_hdf5 = _beginning(file)
    if is_hdf5:
        return _read_hdf5(file, path)
    if head.startswith(ZIP):
        return _read_archive(file, path)
    if file.suffix == ".py":
        module = module_of(file)
        raise refused(PythonSource, path=path, module=module)
    refuse_bytes(path, head)
    return _read_json(file, path)


def read_weights(
    file: Path, path: str, model: KerasModel, graph: Graph
) -> StoredWeights:
    """Open a separate weight file, and compare the weights with the architecture.

    Raises
    ------
    RefusedModelError
        If the file does not contain Keras weights, or contains the weights of another
        model. In that case, SNN826 names the first layer that differs.
    """
    head, is_hdf5 = _beginning(file)
    if head.startswith(ZIP):
        with _archive(file, path) as archive:
            names = archive.namelist()
        if VARIABLES not in names:
            refuse_archive(path, names)
        stored: StoredWeights = _open_archive(file, path, graph)
    elif is_hdf5:
        stored = _open_hdf5(file, path, graph)
    else:
        raise not_weights(path, head)
    with _closing_on_error(stored):
        compare(model, stored, path)
    return stored


@contextmanager
def _closing_on_error(opened: StoredWeights | Store) -> Iterator[None]:
    try:
        yield
    except BaseException:
        opened.close()
        raise


def _open_archive(file: Path, path: str, graph: Graph) -> StoredWeights:
    """Return the weights in an archive, which are unpacked on first use."""

    def unpack() -> IO[bytes]:
        # The file has no name, so it disappears however this process ends.
        unpacked = tempfile.TemporaryFile()  # noqa: SIM115
        with _archive(file, path) as archive, archive.open(VARIABLES) as member:
            shutil.copyfileobj(member, unpacked)
            unpacked.flush()
        return unpacked

    return Keras3Weights(Store(unpack, path), graph)


def _open_hdf5(file: Path, path: str, graph: Graph) -> StoredWeights:
    """Open an HDF5 file that `save_weights` or `save` of Keras 2 or 3 wrote."""
    store = Store(file, path)
    with _closing_on_error(store):
        members = store.members("")
        root = ROOT if ROOT in members else ""
        if any(name in members for name in FOLDERS):
            return Keras3Weights(store, graph)
        if store.texts(root, "layer_names") is None:
            raise not_a_model(path, "it is HDF5 without Keras weights")
        refuse_old(path, *_writer(store, root, ""))
        return H5Weights(store, graph, root, is_beside=True)


def _writer(store: Store, first: str, second: str) -> tuple[str | None, str | None]:
    """Return the version of Keras and the backend that two groups may name."""
    names = ("keras_version", "backend")
    version, backend = (store.text(first, n) or store.text(second, n) for n in names)
    return version, backend


def _read_json(file: Path, path: str) -> Found:
    """Read the text of ``model.to_json()``, or a TensorFlow.js ``model.json``."""
    with file.open("rb") as opened:
        value = parse(opened.read(LARGEST_TEXT + 1), path, "the file")
    if isinstance(value, str):  # json.dump(model.to_json(), file)
        value = parse(value, path, "the text in the file")
    if is_layers_model(value):
        return read_tfjs(file, path, value)
    if isinstance(value, dict) and isinstance(value.get("model_config"), (dict, str)):
        return *built(path, value), None  # the JSON that Keras stores in HDF5
    refuse_json(path, value)
    writer = _old_writer(value, value.get("keras_version"), value.get("backend"))
    if writer:
        model, graph = build(translate(value), None, None)
        return _of_old(model, writer), graph, None
    return *build(value, None, None), None


def _old_writer(config: Any, keras: Any, backend: Any) -> str:
    return old_writer(keras, backend) or (
        old_writer("1", backend) if is_old(config) else ""
    )


def _of_old(model: KerasModel, writer: str) -> KerasModel:
    note = (
        f"the file is from {writer}: snnc converts its configuration to Keras 2, and "
        "does not read its weights, which have different names and orders"
    )
    return replace(
        model, keras=writer.removeprefix("Keras "), notes=(*model.notes, note)
    )


def _read_hdf5(file: Path, path: str) -> Found:
    """Read a file that ``model.save('model.h5')`` wrote."""
    store = Store(file, path)
    with _closing_on_error(store):
        config = store.text("", "model_config")
        if config is None:
            raise _without_config(store, path)
        training = store.text("", "training_config")
        keras, backend = _writer(store, "", ROOT)
        value = parse(config, path, "its model_config")
        writer = _old_writer(value, keras, backend)
        model, graph = build(
            translate(value) if writer else value,
            keras,
            parse(training, path, "its training_config") if training else None,
        )
    if writer:
        store.close()
        return _of_old(model, writer), graph, None
    return model, graph, H5Weights(store, graph, ROOT)


def _without_config(store: Store, path: str) -> RefusedModelError:
    members = store.members("")
    has_names = store.texts("", "layer_names") is not None
    if has_names or any(name in members for name in (*FOLDERS, ROOT)):
        return refused(WeightsAlone, path=path)
    if "version" in members and "node" in members:
        return not_a_model(
            path, "it is a NIR graph: give the file a name that ends in .nir"
        )
    return not_a_model(path, "it is HDF5 without a Keras model_config")


def _read_archive(file: Path, path: str) -> Found:
    """Read a file that ``model.save('model.keras')`` wrote."""
    with _archive(file, path) as archive:
        names = archive.namelist()
        if CONFIG not in names:
            refuse_archive(path, names)
        config = _member(archive, CONFIG, path)
        metadata = _member(archive, METADATA, path) if METADATA in names else None
    refuse_json(path, config)
    keras = metadata.get("keras_version") if isinstance(metadata, dict) else None
    model, graph = build(config, keras, None)
    weights = _open_archive(file, path, graph) if VARIABLES in names else None
    return model, graph, weights


def _member(archive: zipfile.ZipFile, name: str, path: str) -> Any:
    with archive.open(name) as member:
        return parse(member.read(LARGEST_TEXT + 1), path, name)


@contextmanager
def _archive(file: Path, path: str) -> Iterator[zipfile.ZipFile]:
    """Open an archive, to read members by name without unpacking them.

    Raises
    ------
    RefusedModelError
        Also raised for any error from zipfile on a damaged archive.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(
                member.file_size
                for member in archive.infolist()
                if member.compress_type != zipfile.ZIP_STORED  # may be larger unpacked
            )
            if size > LARGEST:
                raise too_large(path, "an archive", size, LARGEST)
            yield archive
    except (
        EOFError, IndexError, KeyError, NotImplementedError, OSError, RuntimeError,
        ValueError, zipfile.BadZipFile, zlib.error,
    ) as error:  # fmt: skip
        if getattr(error, "errno", None) not in (None, errno.EINVAL):
            raise  # such as a full disk
        reason = str(error) or type(error).__name__
        raise refused(DamagedModel, path=path, reason=reason) from error


def compare(model: KerasModel, weights: StoredWeights, path: str) -> None:
    """Compare the layers with the weights, by the names and shapes of arrays.

    The number of channels that a kernel reads is unknown here; the conversion checks
    this number later.

    Raises
    ------
    RefusedModelError
        SNN826, with the first layer that differs.
    """
    for layer in model.layers:
        if layer.shares:
            continue
        try:
            reason = next(_differences(layer, weights.shapes(layer.name)), "")
        except RefusedModelError as error:
            if not isinstance(error.diagnostic, WeightsUnclear):
                raise
            reason = error.diagnostic.reason
        if reason:
            raise refused(
                WeightsDiffer,
                path=path,
                layer=layer.name,
                kind=layer.kind,
                reason=reason,
            )


def _differences(layer: KerasLayer, shapes: Shapes) -> Iterator[str]:
    if layer.kind not in NAMES:
        return
    due = variable_names(layer.kind, layer.options, len(shapes))
    if set(due) != set(shapes) or not shapes:
        present, names = ", ".join(shapes) or "no weights", ", ".join(NAMES[layer.kind])
        yield f"the file has {present} for this layer, but {names} are expected"
    for name, size in _sizes(layer).items():
        shape = shapes.get(name)
        if shape is None:
            continue
        pairs = zip(size, shape, strict=False)
        if len(size) != len(shape) or any(n not in (None, m) for n, m in pairs):
            stored = "x".join(map(str, shape)) or "a single number"
            asked = "x".join("?" if n is None else str(n) for n in size)
            yield f"its {name} in the file is {stored}, but {asked} is expected"


def _sizes(layer: KerasLayer) -> dict[str, tuple[int | None, ...]]:
    """Return the shapes that the options determine; None is an unknown size."""
    kind, rank = layer.kind, layer.rank
    names = ("filters", "units", "depth_multiplier")
    filters, units, multiplier = (_count(layer.options.get(name)) for name in names)
    if "depth_multiplier" not in layer.options:
        multiplier = 1
    kernel = layer.options.get("kernel_size")
    taps = tuple(map(_count, kernel if isinstance(kernel, list) else [kernel] * rank))
    if kind in ("Conv1D", "Conv2D", "Conv3D"):
        return {"kernel": (*taps, None, filters), "bias": (filters,)}
    if kind == "Conv2DTranspose":
        return {"kernel": (*taps, filters, None), "bias": (filters,)}
    if kind == "Dense":
        return {"kernel": (None, units), "bias": (units,)}
    depthwise = {"depthwise_kernel": (*taps, None, multiplier)}
    if kind.startswith("DepthwiseConv"):
        return depthwise
    if kind.startswith("SeparableConv"):
        pointwise = (*(1,) * rank, None, filters)
        return depthwise | {"pointwise_kernel": pointwise, "bias": (filters,)}
    return {}


def _count(value: object) -> int | None:
    return value if type(value) is int else None
