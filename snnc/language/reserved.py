"""The words that can't be used as names."""

KINDS: set[str] = set()
"""The first words of statements; each statement model adds its own."""
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
    # `events` is reserved only at the start of a statement, so a layer may have this
    # name.
    return word != "events" and (word in KINDS or word in HEADERS | REFUSED)
