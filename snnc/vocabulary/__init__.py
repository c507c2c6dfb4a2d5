"""Guess the meaning of unknown words.

`counterparts` has words of Keras, PyTorch and Nengo. `strangers` finds the nearest
word, and the advice for an unknown statement. Parsers and passes use it only after an
error, so a valid spec doesn't load it. Imports `rules`, `language` and lower folders.
"""
