"""Colours for editors: a TextMate grammar and a Pygments lexer of the same rules.

Begin at `rules`, which are made of the words of `language` and the grammar of `syntax`.
"""
