"""The three graphs that a network passes through: logical, lowered, mapped."""
