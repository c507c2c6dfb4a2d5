"""Read `.keras` archives, `.h5` files, and JSON from Keras and TensorFlow.js."""

from __future__ import annotations

import errno
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
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
    refusal_of_bytes,
    refuse_archive,
    refuse_json,
    refuse_old,
    too_deep,
)
from snnc.importer.hdf5 import LARGEST, Store
from snnc.importer.model import (
    Graph,
    KerasModel,
    RefusedModelError,
    refused,
    too_large,
)
from snnc.importer.tfjs import Shards, read_manifest
from snnc.importer.weights import (
    FOLDERS,
    ROOT,
    StoredWeights,
    compare,
    h5_weights,
    keras3_weights,
    sharded_weights,
)
from snnc.rules.models import DamagedModel, PythonSource, WeightsAlone
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
    if stored.renamed:
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
    if refusal := refusal_of_bytes(path, head):
        raise refusal
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

    return keras3_weights(Store(unpack, path), graph)


def _open_hdf5(file: Path, path: str, graph: Graph) -> StoredWeights:
    """Open an HDF5 file that `save_weights` or `save` of Keras 2 or 3 wrote."""
    store = Store(file, path)
    with _closing_on_error(store):
        members = store.members("")
        root = ROOT if ROOT in members else ""
        if any(name in members for name in FOLDERS):
            return keras3_weights(store, graph)
        if store.texts(root, "layer_names") is None:
            raise not_a_model(path, "it is HDF5 without Keras weights")
        refuse_old(path, *_writer(store, root, ""))
        return h5_weights(store, graph, root, is_beside=True)


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
    whole = value if isinstance(value, dict) else {}
    topology = whole.get("modelTopology")
    if isinstance(topology, dict) and {"class_name", "model_config"} & topology.keys():
        model, graph = _build_stored(topology, path)
        if not (manifest := whole.get("weightsManifest")):
            return model, graph, None
        shards = Shards(file.parent, path, read_manifest(manifest, path))
        return model, graph, sharded_weights(shards, graph)
    if isinstance(whole.get("model_config"), (dict, str)):
        return *_build_stored(whole, path), None  # the JSON that Keras stores in HDF5
    refuse_json(path, value)
    keras, backend = value.get("keras_version"), value.get("backend")
    model, graph, _ = _build(value, keras, backend)
    return model, graph, None


def _build_stored(value: Mapping[str, Any], path: str) -> tuple[KerasModel, Graph]:
    """Build a model from ``model_config`` and ``training_config``."""
    config = value.get("model_config", value)
    if isinstance(config, str):
        config = parse(config, path, "its model_config")
    keras = value.get("keras_version")
    refuse_old(path, keras, value.get("backend"))
    return build(config, keras, value.get("training_config"))


def _build(
    value: Any, keras: Any, backend: Any, training: Any = None
) -> tuple[KerasModel, Graph, bool]:
    """Build a model, and return whether Keras 1, or Keras with Theano, wrote it."""
    writer = old_writer(keras, backend)
    if not writer and is_old(value):
        writer = old_writer("1", backend)
    model, graph = build(translate(value) if writer else value, keras, training)
    if writer:
        note = (
            f"the file is from {writer}: snnc converts its configuration to Keras 2, "
            "and does not read its weights, which have different names and orders"
        )
        version = writer.removeprefix("Keras ")
        model = replace(model, keras=version, notes=(*model.notes, note))
    return model, graph, bool(writer)


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
        settings = parse(training, path, "its training_config") if training else None
        model, graph, is_from_old = _build(value, keras, backend, settings)
    if is_from_old:
        store.close()
        return model, graph, None
    return model, graph, h5_weights(store, graph, ROOT)


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
