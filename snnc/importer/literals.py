"""Numbers, tuples, shapes and dtypes that Keras writes as objects.

JSON has no tuple, and none of NumPy's and TensorFlow's types. A `.keras` file wraps
them as ``{"class_name": "__numpy__", "config": {"value", "dtype"}}``
(`keras/saving/serialization_lib.py`), ``to_json()`` as ``{"class_name": "__tuple__",
"items"}`` (`keras/saving/legacy/saved_model/json_utils.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

POLICIES = {"DTypePolicy", "FloatDTypePolicy", "Policy", "PolicyV1"}
_VALUES = {"__numpy__", "__tensor__", "__bytes__"}
_ITEMS = {"__tuple__", "TensorShape"}


def unwrapped(value: Any) -> Any:
    """Return a configuration with plain values in place of all such objects."""
    if isinstance(value, list):
        return [unwrapped(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: unwrapped(item) for key, item in value.items()}
    return _literal(found, found.get("class_name"))


def _literal(value: Mapping[str, Any], kind: Any) -> Any:
    if not isinstance(kind, str):
        return value
    config = value.get("config", value)
    if kind in _ITEMS and "items" in value:
        return value["items"]
    if kind in _VALUES and isinstance(config, dict) and "value" in config:
        return config["value"]
    if kind in POLICIES and isinstance(config, dict) and "name" in config:
        return config["name"]
    return value
