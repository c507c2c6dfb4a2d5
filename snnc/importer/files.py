"""Model files: `.keras` archives, `.h5` files and the text of ``to_json()``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from snnc.importer.archive import Archive
from snnc.importer.build import build
from snnc.importer.foreign import (
    BEGINNING,
    HDF5,
    ZIP,
    not_a_model,
    refuse_archive,
    refuse_bytes,
    refuse_json,
    refuse_old,
)
from snnc.importer.hdf5 import Store
from snnc.importer.model import Model
from snnc.importer.named import ROOT, NamedWeights
from snnc.importer.numbered import FOLDERS, NumberedWeights
from snnc.importer.parts import Graph
from snnc.importer.refusal import NOWHERE, RefusedError
from snnc.importer.text import LARGEST, parse
from snnc.importer.weights import Weights
from snnc.rules.models import PythonSource, WeightsAlone

if TYPE_CHECKING:
    from snnc.importer.weights import Arrays

CONFIG, METADATA, VARIABLES = "config.json", "metadata.json", "model.weights.h5"

Read = tuple[Model, Weights | None]


def read_file(file: Path, path: str) -> Read:
    """Read a file, whose content says what it is; ``path`` is what messages call it."""
    with file.open("rb") as opened:
        head = opened.read(BEGINNING + len(HDF5))
    if head.startswith(HDF5) or head[BEGINNING:] == HDF5:
        return read_hdf5(file, path)
    if head.startswith(ZIP):
        return read_archive(file, path)
    if file.suffix == ".py":
        raise RefusedError(PythonSource(span=NOWHERE, path=path, module=file.stem))
    refuse_bytes(path, head)
    return read_json(file, path)


def read_json(file: Path, path: str) -> Read:
    """Read the text of ``model.to_json()``, which has no weights."""
    with file.open("rb") as opened:
        value = parse(opened.read(LARGEST + 1), path, "the file")
    if isinstance(value, str):  # json.dump(model.to_json(), file)
        value = parse(value, path, "the text in the file")
    refuse_json(path, value)
    refuse_old(path, value.get("keras_version"), value.get("backend"))
    return build(value, None, None)[0], None


def read_hdf5(file: Path, path: str) -> Read:
    """Read what ``model.save('model.h5')`` wrote."""
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
    return model, NamedWeights(store, graph)


def _without_config(store: Store, path: str) -> RefusedError:
    members = store.members("")
    has_names = store.texts("", "layer_names") is not None
    if has_names or any(name in members for name in (*FOLDERS, ROOT)):
        return RefusedError(WeightsAlone(span=NOWHERE, path=path))
    return not_a_model(path, "it is HDF5 without the model_config of Keras")


def read_archive(file: Path, path: str) -> Read:
    """Read what ``model.save('model.keras')`` wrote."""
    archive = Archive(file, path)
    try:
        names = archive.names
        if CONFIG not in names:
            refuse_archive(path, names)
        config = parse(archive.read(CONFIG, LARGEST), path, CONFIG)
        metadata = _metadata(archive)
        refuse_json(path, config)
        model, graph = build(config, metadata.get("keras_version"), None)
    finally:
        archive.close()
    return model, UnpackedWeights(file, path, graph) if VARIABLES in names else None


def _metadata(archive: Archive) -> dict[str, Any]:
    if METADATA not in archive.names:
        return {}
    value = parse(archive.read(METADATA, LARGEST), archive.path, METADATA)
    return value if isinstance(value, dict) else {}


class UnpackedWeights(Weights):
    """The weights in an archive, unpacked to a temporary file when first asked for."""

    def __init__(self, file: Path, path: str, graph: Graph) -> None:
        self._file, self._path, self._graph = file, path, graph
        self._unpacked: IO[bytes] | None = None
        self._open: NumberedWeights | None = None

    def of(self, layer: str) -> Arrays:
        """See `Weights.of`."""
        if self._open is None:
            self._open = self._unpack()
        return self._open.of(layer)

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None
        if self._unpacked is not None:
            self._unpacked.close()
            self._unpacked = None

    def _unpack(self) -> NumberedWeights:
        # Without a name, so that nothing of it is left however this process ends.
        self._unpacked = tempfile.TemporaryFile()  # noqa: SIM115
        archive = Archive(self._file, self._path)
        try:
            archive.copy(VARIABLES, self._unpacked)
        finally:
            archive.close()
        return NumberedWeights(self._unpacked, self._path, self._graph)
