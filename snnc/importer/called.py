"""The process that runs code to get a model: ``python -m snnc.importer.called``.

Its arguments are ``call module:function`` or ``load FOLDER``, where to write the model
as `.h5`, and where to write why there is none.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from pathlib import Path
from typing import Any


def main(how: str, target: str, file: str, reason: str) -> int:
    """Get a model and write it; 1 if there is none."""
    try:
        model = _called(target) if how == "call" else _loaded(target)
        if not hasattr(model, "save") or not hasattr(model, "get_config"):
            raise TypeError(f"a {type(model).__name__} in place of a Keras model")
        model.save(file)
    except BaseException as error:
        traceback.print_exc()
        told = " ".join(str(error).split())[:500]
        kind = type(error).__name__
        Path(reason).write_text(f"{kind}: {told}" if told else kind, "utf-8")
        return 1
    return 0


def _called(target: str) -> Any:
    module, function = target.split(":")
    sys.path.insert(0, os.getcwd())
    return getattr(importlib.import_module(module), function)()


def _loaded(folder: str) -> Any:
    from tensorflow import keras

    try:
        return keras.models.load_model(folder)
    except Exception:  # a loss or an optimizer of the user's own
        return keras.models.load_model(folder, compile=False)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
