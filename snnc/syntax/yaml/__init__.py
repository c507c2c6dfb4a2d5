"""The YAML notation: the same syntax tree from other characters."""

from snnc.diagnostics.diagnostic import TRANSLATIONS
from snnc.syntax.yaml.document import parse_yaml

__all__ = ["parse_yaml"]


def _in_yaml(text: str) -> str:
    from snnc.syntax.yaml.snippets import in_yaml  # a sound spec need not wait for it

    return in_yaml(text)


TRANSLATIONS["yaml"] = _in_yaml
