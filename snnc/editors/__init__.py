"""Colour specs in editors: a TextMate grammar and a Pygments lexer from the same rules.

Start with `rules`, which is derived from the words in `language` and the grammar in
`syntax`.
"""
