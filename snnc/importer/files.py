"""Model files: `.keras` archives, `.h5` files, and JSON of Keras and TensorFlow.js."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from snnc.importer.build import build
from snnc.importer.foreign import (
    BEGINNING,
    HDF5,
    ZIP,
    not_a_model,
    not_weights,
    refuse_archive,
    refuse_bytes,
    refuse_json,
    refuse_old,
    refuse_unnamed,
)
from snnc.importer.hdf5 import Store
from snnc.importer.model import (
    NOWHERE,
    Graph,
    KerasModel,
    ModelWeights,
    RefusedModelError,
    StoredWeights,
)
from snnc.importer.named import ROOT, NamedWeights
from snnc.importer.numbered import FOLDERS, NumberedWeights, compare
from snnc.importer.tfjs import built, is_layers_model, read_tfjs
from snnc.importer.untrusted import LARGEST_TEXT, Archive, parse
from snnc.rules.models import PythonSource, WeightsAlone
from snnc.source import module_of

if TYPE_CHECKING:
    from snnc.importer.model import Arrays, Shapes

CONFIG, METADATA, VARIABLES = "config.json", "metadata.json", "model.weights.h5"

Read = tuple[KerasModel, ModelWeights | None]
Found = tuple[KerasModel, Graph, StoredWeights | None]


def read_file(file: Path, path: str, weights: str = "") -> Read:
    """Read a file, whose content says what it is; ``path`` is what messages call it.

    Parameters
    ----------
    weights :
        Another file, whose weights take the place of those of this one; or nothing.
    """
    model, graph, own = _read(file, path)
    if not weights:
        return model, own
    if own is not None:
        own.close()
    stored = read_weights(Path(weights), weights, model, graph)
    if isinstance(stored, NamedWeights) and stored.renamed:
        note = f"`{weights}` has other names for layers, whose order counts"
        model = replace(model, notes=(f"{note}: {stored.renamed}",))
    return model, stored


def _read(file: Path, path: str) -> Found:
    with file.open("rb") as opened:
        head = opened.read(BEGINNING + len(HDF5))
    if head.startswith(HDF5) or head[BEGINNING:] == HDF5:
        return _read_hdf5(file, path)
    if head.startswith(ZIP):
        return _read_archive(file, path)
    if file.suffix == ".py":
        module = module_of(file)
        raise RefusedModelError(PythonSource(span=NOWHERE, path=path, module=module))
    refuse_bytes(path, head)
    return _read_json(file, path)


def read_weights(
    file: Path, path: str, model: KerasModel, graph: Graph
) -> ModelWeights:
    """Open a file of weights beside an architecture, and compare the two.

    Raises
    ------
    RefusedModelError
        If it is no file of Keras's weights, or not of this model: SNN826 says which
        layer is the first that differs.
    """
    with file.open("rb") as opened:
        head = opened.read(BEGINNING + len(HDF5))
    if head.startswith(ZIP):
        names = _names(file, path)
        if VARIABLES not in names:
            refuse_archive(path, names)
        stored: StoredWeights = UnpackedWeights(file, path, graph)
    elif head.startswith(HDF5) or head[BEGINNING:] == HDF5:
        stored = _stored(file, path, graph)
    else:
        raise not_weights(path, head)
    try:
        compare(model, stored, path)
    except BaseException:
        stored.close()
        raise
    return stored


def _names(file: Path, path: str) -> list[str]:
    archive = Archive(file, path)
    try:
        return archive.names
    finally:
        archive.close()


def _stored(file: Path, path: str, graph: Graph) -> StoredWeights:
    """Open HDF5 of `save_weights`, or of `save`, of Keras 2 or 3."""
    store = Store(file, path)
    try:
        members = store.members("")
        root = ROOT if ROOT in members else ""
        if any(name in members for name in FOLDERS):
            return NumberedWeights(store, graph)
        if store.texts(root, "layer_names") is None:
            raise not_a_model(path, "it is HDF5 without the weights of Keras")
        refuse_old(
            path,
            store.text(root, "keras_version") or store.text("", "keras_version"),
            store.text(root, "backend") or store.text("", "backend"),
        )
        return NamedWeights(store, graph, root, is_beside=True)
    except BaseException:
        store.close()
        raise


def _read_json(file: Path, path: str) -> Found:
    """Read the text of ``model.to_json()``, or a ``model.json`` of TensorFlow.js."""
    with file.open("rb") as opened:
        value = parse(opened.read(LARGEST_TEXT + 1), path, "the file")
    if isinstance(value, str):  # json.dump(model.to_json(), file)
        value = parse(value, path, "the text in the file")
    if is_layers_model(value):
        return read_tfjs(file, path, value)
    if isinstance(value, dict) and isinstance(value.get("model_config"), (dict, str)):
        return *built(path, value), None  # what Keras writes into HDF5, as a text
    refuse_json(path, value)
    refuse_old(path, value.get("keras_version"), value.get("backend"))
    refuse_unnamed(path, value)
    return *build(value, None, None), None


def read_hdf5(file: Path, path: str) -> Read:
    """Read what ``model.save('model.h5')`` wrote."""
    model, _, weights = _read_hdf5(file, path)
    return model, weights


def _read_hdf5(file: Path, path: str) -> Found:
    store = Store(file, path)
    try:
        config = store.text("", "model_config")
        if config is None:
            raise _without_config(store, path)
        training = store.text("", "training_config")
        keras, backend = (
            store.text("", key) or store.text(ROOT, key)
            for key in ("keras_version", "backend")
        )
        refuse_old(path, keras, backend)
        model, graph = build(
            parse(config, path, "its model_config"),
            keras,
            parse(training, path, "its training_config") if training else None,
        )
    except BaseException:
        store.close()
        raise
    return model, graph, NamedWeights(store, graph, ROOT)


def _without_config(store: Store, path: str) -> RefusedModelError:
    members = store.members("")
    has_names = store.texts("", "layer_names") is not None
    if has_names or any(name in members for name in (*FOLDERS, ROOT)):
        return RefusedModelError(WeightsAlone(span=NOWHERE, path=path))
    if "version" in members and "node" in members:
        return not_a_model(
            path, "it is a graph of NIR: give it a name that ends in .nir"
        )
    return not_a_model(path, "it is HDF5 without the model_config of Keras")


def _read_archive(file: Path, path: str) -> Found:
    """Read what ``model.save('model.keras')`` wrote."""
    archive = Archive(file, path)
    try:
        names = archive.names
        if CONFIG not in names:
            refuse_archive(path, names)
        config = parse(archive.read(CONFIG, LARGEST_TEXT), path, CONFIG)
        metadata = _metadata(archive)
        refuse_json(path, config)
        model, graph = build(config, metadata.get("keras_version"), None)
    finally:
        archive.close()
    weights = UnpackedWeights(file, path, graph) if VARIABLES in names else None
    return model, graph, weights


def _metadata(archive: Archive) -> dict[str, Any]:
    if METADATA not in archive.names:
        return {}
    value = parse(archive.read(METADATA, LARGEST_TEXT), archive.path, METADATA)
    return value if isinstance(value, dict) else {}


class UnpackedWeights(StoredWeights):
    """The weights in an archive, unpacked to a temporary file when first asked for."""

    def __init__(self, file: Path, path: str, graph: Graph) -> None:
        self._file, self._path, self._graph = file, path, graph
        self._unpacked: IO[bytes] | None = None
        self._open: NumberedWeights | None = None

    def of(self, layer: str) -> Arrays:
        """See `Weights.of`."""
        return self._opened().of(layer)

    def shapes(self, layer: str) -> Shapes:
        """See `StoredWeights.shapes`."""
        return self._opened().shapes(layer)

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None
        if self._unpacked is not None:
            self._unpacked.close()
            self._unpacked = None

    def _opened(self) -> NumberedWeights:
        if self._open is None:
            self._open = self._unpack()
        return self._open

    def _unpack(self) -> NumberedWeights:
        # Without a name, so that nothing of it is left however this process ends.
        self._unpacked = tempfile.TemporaryFile()  # noqa: SIM115
        archive = Archive(self._file, self._path)
        try:
            archive.copy(VARIABLES, self._unpacked)
        finally:
            archive.close()
        return NumberedWeights(Store(self._unpacked, self._path), self._graph)
