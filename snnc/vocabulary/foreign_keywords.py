"""Find the counterpart of another library's word, or explain why there is none.

`words.ini` lists counterparts with the same meaning, nearby ones, and the advice for
words without a counterpart. The words are from Keras, PyTorch and Nengo.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from configparser import ConfigParser
from pathlib import Path

from snnc.diagnostics import Diagnostic, Fix
from snnc.language import keywords, tree
from snnc.language.keywords import FORMS, MODELS, USUAL, keys_of
from snnc.language.model import SCOPES, DefaultsSpec
from snnc.language.properties import NeuronSpec
from snnc.rules.refused import plain, rule_for
from snnc.source import Span
from snnc.text.near import nearest_spelling, normal, only_near, without_count
from snnc.text.tables import join_alternatives

_WORDS = ConfigParser(delimiters=("=",), interpolation=None)
_WORDS.optionxform = str  # type: ignore[assignment,method-assign]  # keep capitals
_WORDS.read(Path(__file__).with_name("words.ini"), encoding="utf-8")


def _by_word(section: str) -> dict[str, tuple[str, ...]]:
    by_word: dict[str, tuple[str, ...]] = {}
    for ours, others in _WORDS[section].items():
        for key in map(normal, others.split()):
            if ours not in by_word.get(key, ()):
                by_word[key] = (*by_word.get(key, ()), ours)
    return by_word


# Words are only looked up after an error. Reserving them instead would make valid specs
# invalid, which an edition must not do (decision 007).
_SAME_BY_WORD = _by_word("same")
_NEARBY_BY_WORD = _by_word("nearby")
_KIND_BY_WORD = _by_word("same kinds")
_LIKELY_KIND_BY_WORD = _by_word("nearby kinds")
PART_BY_WORD = {word: parts[0] for word, parts in _by_word("nearby parts").items()}
"""The parts before a block that words of other libraries mean."""


def likes_of(keys: Collection[str]) -> frozenset[str]:
    """Return the names that other libraries use for the properties ``keys``."""
    same = _WORDS["same"]
    return frozenset(like for key in keys for like in same.get(key, "").split())


def known_kind(word: str, legal: Iterable[str]) -> tuple[str | None, bool]:
    """Return the kind for a foreign word, and whether it is certain."""
    lower = word.lower().replace("_", "")
    key = plain(word)
    ours = {kind: (kind,) for kind in legal}
    for table in (ours, _KIND_BY_WORD):
        for spelling in (lower, key):
            if spelling in table:
                return table[spelling][0], True
    bare = key.rstrip("0123456789")
    likely = _LIKELY_KIND_BY_WORD.get(key) or _KIND_BY_WORD.get(bare)
    return (likely[0], False) if likely else (None, False)


def same_key(word: str, legal: Iterable[str]) -> str | None:
    """Return the legal word with the same meaning as a foreign word."""
    legal = tuple(legal)
    key = normal(word)
    by_spelling = {normal(other): other for other in legal}
    if key in by_spelling:
        return by_spelling[key]
    return next((ours for ours in _SAME_BY_WORD.get(key, ()) if ours in legal), None)


def nearby_key(word: str, legal: Iterable[str]) -> str | None:
    """Return the first legal word that a foreign word may mean."""
    meant = _NEARBY_BY_WORD.get(normal(word), ())
    return next((ours for ours in legal if ours in meant), None)


def nearest(word: str, legal: Iterable[str]) -> str | None:
    """Return the most likely legal word for a misspelt or foreign word."""
    legal = tuple(legal)
    meant = same_key(word, legal) or nearby_key(word, legal)
    return meant or nearest_spelling(without_count(word), legal)


def fix_word(span: Span, word: str, legal: Iterable[str]) -> Fix | None:
    """Return a fix that inserts the legal word, if only one is likely."""
    legal = tuple(legal)
    if other := same_key(word, legal):
        return Fix(span, other)
    if nearby_key(word, legal):
        return None
    near = only_near(without_count(word), legal)
    return None if near is None else Fix(span, near)


_OWNERS = {
    "LAYERS": " ".join(k for k, form in FORMS.items() if form.sources != "none"),
    "SPIKING": " ".join((*SCOPES, "defaults")),
}


def _by_owner() -> Mapping[str, Mapping[str, str]]:
    by_owner: dict[str, dict[str, str]] = {}
    for head, lines in _WORDS["advice"].items():
        advice = " ".join(lines.split())
        owners, _, words = head.rpartition(":")
        for owner in _OWNERS.get(owners, owners).split() or ("",):
            for word in words.split():
                by_owner.setdefault(owner, {}).setdefault(normal(word), advice)
    return by_owner


_BY_OWNER = _by_owner()
BY_BEGINNING = {
    word: " ".join(lines.split())
    for words, lines in _WORDS["advice on statements"].items()
    for word in words.split()
}


def counterpart(word: str, owner: str = "") -> str | None:
    """Return the advice for a word of another library; None if there is none.

    ``owner`` is the statement or the choice, such as ``adam``, that contains the word;
    it may have several words. Without it, the advice is the one for any statement.
    """
    parts = owner.split() or [""]
    advice = (_BY_OWNER.get(part, {}).get(normal(word)) for part in parts)
    return next(filter(None, advice), None)


class _Shown:
    """A value in an advice, whose format is an example of the right type."""

    def __init__(self, value: tree.Value | None) -> None:
        self._value = value

    def __format__(self, example: str) -> str:
        return show_like(self._value, example)


def fill_advice(
    advice: str, word: str, owner: str = "", value: tree.Value | None = None
) -> str:
    """Fill in an advice for a word, and for its value in a statement."""
    return advice.format(word=word, owner=owner, value=_Shown(value))


def show_like(value: tree.Value | None, example: str) -> str:
    """Return a value as written if its type is as in the example, or the example."""
    kinds: tuple[type, ...] = (tree.Number, tree.Dims)
    if ".." in example:
        kinds = (tree.Range,)
    elif " " in example:
        kinds = (tree.Quantity,)
    elif example[:1].isalpha():
        kinds = (tree.Word,)
    if value is None or not isinstance(value, kinds):
        return example
    return value.span.text


LAYER_KEYS = tuple(keys_of(DefaultsSpec))
NEURON_KEYS = tuple(keys_of(NeuronSpec))
_MOST_OWNERS = 4


def owners(key: str) -> tuple[str, ...]:
    """Return some kinds of statements that have a property; chip layers come first."""
    kinds = [
        kind
        for kind, models in MODELS.items()
        if kind != "neuron" and any(key in keys_of(model) for model in models.values())
    ]
    kinds.sort(key=lambda kind: FORMS[kind].place == "encoder")
    return tuple(kinds[:_MOST_OWNERS])


_WITHOUT_LAYERS = frozenset(("timing", "target loihi", "target nengo", "train"))


def advise_elsewhere(word: str, value: tree.Value, owner: str) -> str:
    """Return the advice that names another statement with a property; may be empty."""
    key = same_key(word, USUAL)
    if key is None:
        return ""
    shown = show_like(value, USUAL[key])
    setting = f"{key} {shown}"
    if key in LAYER_KEYS and (advice := _advise_layer(setting, owner)):
        return advice
    if statement := _variant_with(key, owner.partition(" ")[0]):
        return f"write `{statement}`, which has `{key}`, or remove it"
    kinds = owners(key)
    if len(kinds) == 1 and FORMS[kinds[0]].once:
        return f"write `{setting}` in `{kinds[0]}`"
    if key in NEURON_KEYS:
        return f"write `neuron lif {{ {setting} }}`"
    if line := setting_line(key, shown, {}):
        return f"write `{line}` in `train`"
    return f"remove it: `{key}` is a property of {join_alternatives(kinds)}"


def _advise_layer(setting: str, owner: str) -> str:
    """Return the advice to move a setting into a layer; may be empty."""
    if owner in keywords.NEURONS:
        return f"write `{setting}` in the layer, next to `neuron`"
    if owner in _WITHOUT_LAYERS:
        return f"write `{setting}` in a layer, or in `defaults` for all"
    return ""


def _variant_with(key: str, kind: str) -> str:
    """Return a kind with its first variant that has a property, or an empty text."""
    models = MODELS.get(kind, {}).items()
    variants = (variant for variant, model in models if key in keys_of(model))
    variant = next(variants, "")
    return f"{kind} {variant}" if variant else ""


def setting_line(word: str, value: str, written: Mapping[str, tree.Value]) -> str:
    """Write the choice with a setting; empty if no choice has this setting.

    ``word`` is the setting, or a word of another library for it. ``written`` are the
    choices in ``train``; those that have the setting are preferred.
    """
    for key, choices in keywords.CHOICES.items():
        node = written.get(key)
        choice_word = node.name if isinstance(node, tree.Group) else node
        name = choice_word.text if isinstance(choice_word, tree.Word) else ""
        for choice in [name] if name in choices else choices:
            settings = keywords.settings_of(choice)
            setting = word if word in settings else same_key(word, settings)
            if setting is not None:
                return f"{key} {choice} {{ {setting} {value} }}"
    return ""


def refusal(word: tree.Word, place: str) -> Diagnostic | None:
    """Describe a word that is refused as a statement, property or value, if any."""
    rule = rule_for(word.text, place)
    return None if rule is None else rule(span=word.span, word=word.text)
