"""Read `.keras` archives, `.h5` files, and JSON from Keras.

A file is recognized by its first bytes or by the keys of its JSON.
"""

from __future__ import annotations

import errno
import json
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from snnc.importer.graph import build
from snnc.importer.keras1 import is_old, translate
from snnc.importer.model import Graph, KerasModel
from snnc.importer.named_weights import ROOT, h5_weights
from snnc.importer.refusals import (
    DAMAGED,
    NOT_A_MODEL,
    UNSAFE,
    FileProblem,
    RefusedModelError,
    bad_file,
    old_weights,
    too_large,
)
from snnc.importer.weights import (
    FOLDERS,
    HDF5,
    LARGEST,
    Store,
    StoredWeights,
    compare,
    keras3_weights,
)
from snnc.source import RepeatedNameError, parse_json

ZIP = b"PK"
LARGEST_TEXT = 16 * 1024 * 1024
"""The most bytes of JSON: 15 times that of the largest model in Keras Applications."""
BEGINNING = 512
"""Bytes to read; HDF5 may start after a user block of this size."""

_LFS = b"version https://git-lfs.github.com"
CONFIG = "config.json"
METADATA = "metadata.json"
VARIABLES = "model.weights.h5"


@dataclass(frozen=True, slots=True)
class FoundModel:
    """The content of a file; ``old_writer`` is Keras 1, or Keras with Theano, or ""."""

    model: KerasModel
    graph: Graph
    weights: StoredWeights | None = None
    old_writer: str = ""


def read_file(
    file: Path, path: str, resources: ExitStack, weights: str = ""
) -> tuple[KerasModel, StoredWeights | None]:
    """Read the content of a file; messages call the file ``path``.

    ``resources`` closes the files that remain open. ``weights`` is "" or another file,
    whose weights replace the weights in ``file``.
    """
    # Configurations are read recursively, so deeply nested ones exhaust Python's stack.
    try:
        loaded = _read(file, path, resources)
    except RecursionError as error:
        raise too_deep(path, "the model") from error
    if not weights:
        return loaded.model, loaded.weights
    if loaded.old_writer:
        raise old_weights(weights, loaded.old_writer)
    stored = _read_weights(Path(weights), weights, loaded.graph, resources)
    compare(loaded.model, stored, weights)
    if not stored.renamed:
        return loaded.model, stored
    note = (
        f"`{weights}` uses different layer names, so weights are matched by order: "
        f"{stored.renamed}"
    )
    return replace(loaded.model, notes=(note,)), stored


def _beginning(file: Path) -> tuple[bytes, bool]:
    """Return a file's first bytes, and whether the file is HDF5."""
    with file.open("rb") as opened:
        head = opened.read(BEGINNING + len(HDF5))
    return head, head.startswith(HDF5) or head[BEGINNING:] == HDF5


def _read(file: Path, path: str, resources: ExitStack) -> FoundModel:
    """Read a file, whose first bytes say what it is."""
    head, is_hdf5 = _beginning(file)
    if is_hdf5:
        return _read_hdf5(Store(file, path, resources))
    if head.startswith(ZIP):
        return _read_archive(file, path, resources)
    if file.suffix == ".py":
        save = "save the model in Python with `model.save('model.keras')`"
        raise bad_file(path, FileProblem("is Python code", save))
    if refusal := refusal_of_bytes(path, head):
        raise refusal
    return _read_json(file, path)


def _read_weights(
    file: Path, path: str, graph: Graph, resources: ExitStack
) -> StoredWeights:
    """Open a weight file that `save_weights` or `save` of Keras 2 or 3 wrote."""
    head, is_hdf5 = _beginning(file)
    if head.startswith(ZIP):
        with _archive(file, path) as archive:
            names = archive.namelist()
        if VARIABLES not in names:
            raise bad_file(
                path, NOT_A_MODEL, "it is a zip archive without Keras weights"
            )
        return _open_archive(file, path, graph, resources)
    if not is_hdf5:
        raise bad_file(
            path, NOT_A_MODEL, "weights must be in HDF5 or in a `.keras` archive"
        )
    store = Store(file, path, resources)
    members = store.members("")
    # `save` writes the weights into a group, and `save_weights` to the top of the file.
    root = ROOT if ROOT in members else ""
    if any(name in members for name in FOLDERS):
        return keras3_weights(store, graph)
    if store.texts(root, "layer_names") is None:
        raise bad_file(path, NOT_A_MODEL, "it is HDF5 without Keras weights")
    if writer := _old_writer(*_versions(store)):
        raise old_weights(path, writer)
    return h5_weights(store, graph, root, is_beside=True)


def _open_archive(
    file: Path, path: str, graph: Graph, resources: ExitStack
) -> StoredWeights:
    """Return the weights in an archive, which are unpacked on first use."""

    def unpack() -> IO[bytes]:
        """Copy the weights into a temporary file."""
        # The file has no name, so it disappears however this process ends.
        # HDF5 seeks, and each step back in an archive unpacks from the start.
        unpacked = tempfile.TemporaryFile()  # noqa: SIM115
        resources.enter_context(unpacked)
        with _archive(file, path) as archive, archive.open(VARIABLES) as member:
            shutil.copyfileobj(member, unpacked)
            unpacked.flush()
        return unpacked

    return keras3_weights(Store(unpack, path, resources), graph)


def _versions(store: Store) -> list[str | None]:
    """Return the version of Keras and the backend that wrote a file."""
    names = ("keras_version", "backend")
    return [store.text("", name) or store.text(ROOT, name) for name in names]


def _old_writer(version: Any, backend: Any) -> str:
    """Return which Keras wrote a file: Keras 1, Keras with Theano, or "" for others."""
    known = version if isinstance(version, str) else ""
    if backend == "theano":
        return f"Keras {known} with Theano".replace("  ", " ")
    return f"Keras {known}" if known.split(".")[0] in ("0", "1") else ""


def _read_json(file: Path, path: str) -> FoundModel:
    """Read the text of ``model.to_json()``."""
    with file.open("rb") as opened:
        # With one byte more than the limit, `parse` notices that the text is too long.
        value = parse(opened.read(LARGEST_TEXT + 1), path, "the file")
    if isinstance(value, str):  # json.dump(model.to_json(), file)
        value = parse(value, path, "the text in the file")
    whole = value if isinstance(value, dict) else {}
    if not isinstance(whole.get("model_config"), (dict, str)):
        refuse_json(path, value)
    return _build(whole, path)


def _build(stored: Mapping[str, Any], path: str) -> FoundModel:
    """Build a model from what Keras stores, without its weights.

    ``stored`` is the configuration, or values and texts by the names of attributes in
    HDF5.
    """
    config = _parsed(stored, "model_config", path)
    value = stored if config is None else config
    version = stored.get("keras_version")
    backend = stored.get("backend")
    if version is None and isinstance(value, dict) and "registered_name" in value:
        version = "3"  # its `to_json` does not say so
    writer = _old_writer(version, backend)
    if not writer and is_old(value):
        writer = _old_writer("1", backend)
    training = _parsed(stored, "training_config", path)
    model, graph = build(translate(value) if writer else value, version, training)
    if not writer:
        return FoundModel(model, graph)
    note = (
        f"the file is from {writer}: snnc converts its configuration to Keras 2, "
        "and does not read its weights, which have different names and orders"
    )
    keras = writer.removeprefix("Keras ")
    model = replace(model, keras=keras, notes=(*model.notes, note))
    return FoundModel(model, graph, old_writer=writer)


def _parsed(stored: Mapping[str, Any], name: str, path: str) -> Any:
    value = stored.get(name)
    return parse(value, path, f"its {name}") if isinstance(value, str) else value


def _read_hdf5(store: Store) -> FoundModel:
    """Read a file that ``model.save('model.h5')`` wrote."""
    version, backend = _versions(store)
    config = store.text("", "model_config")
    training = store.text("", "training_config")
    if config is None:
        raise _without_config(store)
    stored = {
        "keras_version": version,
        "backend": backend,
        "model_config": config,
        "training_config": training,
    }
    loaded = _build(stored, store.path)
    if loaded.old_writer:
        return replace(loaded, model=replace(loaded.model, has_old_weights=True))
    return replace(loaded, weights=h5_weights(store, loaded.graph, ROOT))


def _without_config(store: Store) -> RefusedModelError:
    """Refuse HDF5 without an architecture; say what it is instead."""
    members = store.members("")
    has_names = store.texts("", "layer_names") is not None
    if has_names or any(name in members for name in (*FOLDERS, ROOT)):
        advice = (
            "add the architecture, from `model.to_json()`: run `snnc import model.json "
            f"--weights {store.path}`"
        )
        problem = "contains only weights, without the architecture"
        return bad_file(store.path, FileProblem(problem, advice))
    reason = "it is HDF5 without a Keras model_config"
    if "version" in members and "node" in members:
        reason = "it is a NIR graph: give the file a name that ends in .nir"
    return bad_file(store.path, NOT_A_MODEL, reason)


def _read_archive(file: Path, path: str, resources: ExitStack) -> FoundModel:
    """Read a file that ``model.save('model.keras')`` wrote."""
    with _archive(file, path) as archive:
        names = archive.namelist()
        if CONFIG not in names:
            raise bad_file(
                path, NOT_A_MODEL, "it is a zip archive without a config.json"
            )
        config = _member(archive, CONFIG, path)
        metadata = _member(archive, METADATA, path) if METADATA in names else None
    refuse_json(path, config)
    keras = metadata.get("keras_version") if isinstance(metadata, dict) else None
    model, graph = build(config, keras, None)
    loaded = FoundModel(model, graph)
    if VARIABLES not in names:
        return loaded
    return replace(loaded, weights=_open_archive(file, path, graph, resources))


def _member(archive: zipfile.ZipFile, name: str, path: str) -> Any:
    with archive.open(name) as member:
        return parse(member.read(LARGEST_TEXT + 1), path, name)


@contextmanager
def _archive(file: Path, path: str) -> Iterator[zipfile.ZipFile]:
    """Open an archive, to read members by name without unpacking them.

    Any error from zipfile on a damaged archive becomes a RefusedModelError.
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
        raise bad_file(path, DAMAGED, reason) from error


def refusal_of_bytes(path: str, head: bytes) -> RefusedModelError | None:
    """Refuse a file whose first bytes show that it is not JSON."""
    if not head:
        return bad_file(path, NOT_A_MODEL, "the file is empty")
    if head.startswith(_LFS):
        return bad_file(path, DAMAGED, "it is a Git LFS pointer: run `git lfs pull`")
    if head.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1] in (b"{", b"[", b'"'):
        return None  # after the mark of UTF-8 or UTF-16
    return bad_file(path, NOT_A_MODEL, "it is not HDF5, a `.keras` archive or JSON")


def refuse_json(path: str, value: Any) -> None:
    """Refuse JSON that is not a Keras model; JSON with a class_name may be one."""
    if not isinstance(value, dict):
        raise bad_file(path, NOT_A_MODEL, "its JSON is not an object with a class_name")
    if "class_name" not in value:
        raise bad_file(path, NOT_A_MODEL, "its JSON has no class_name")


def parse(text: bytes | str, path: str, what: str) -> Any:
    """Return the value of a JSON text.

    Raise RefusedModelError if it is too long, nested too deeply or not JSON, or repeats
    a key of an object. ``what`` names the text.
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
        raise bad_file(path, DAMAGED, reason) from error
    return value


def too_deep(path: str, what: str) -> RefusedModelError:
    """Refuse JSON that is nested too deeply for Python."""
    return bad_file(path, UNSAFE, f"{what} is nested too deeply")
