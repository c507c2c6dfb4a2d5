"""Colour specs in editors: a TextMate grammar and a Pygments lexer of the same rules.

Begin at `rules`, which come from the words of `language` and the grammar of `syntax`.
"""
