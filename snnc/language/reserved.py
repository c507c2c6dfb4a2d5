"""The words that can't be names."""

KINDS: set[str] = set()
"""The first words of statements; each model of a statement adds its own."""
HEADERS = frozenset(("snn", "network"))
REFUSED = frozenset(
    (
        "softmax",
        "sigmoid",
        "tanh",
        "elu",
        "gelu",
        "swish",
        "lstm",
        "layernorm",
        "upsample",
        "events",
        "repeat",
    )
)


def is_reserved(word: str) -> bool:
    """Return whether a word can't be a name."""
    # Only a statement can mean an event stream, so a layer may have this name.
    return word != "events" and (word in KINDS or word in HEADERS | REFUSED)
