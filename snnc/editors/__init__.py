"""Colour specs in editors: a TextMate grammar and a Pygments lexer from the same rules.

Begin at `rules`, which are derived from the words in `language` and the grammar in
`syntax`.
"""
