"""The YAML notation: the same syntax tree from other characters."""

from snnc.syntax.yaml.document import parse_yaml

__all__ = ["parse_yaml"]
