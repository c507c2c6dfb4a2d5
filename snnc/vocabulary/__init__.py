"""What a word that snnc does not know may have meant.

`counterparts` knows words of Keras, PyTorch and Nengo, `strangers` finds the nearest
word, and answers a statement of an unknown kind. Parsers and passes ask it once
something is wrong: a good spec loads none of it. Imports `rules`, `language` and what
is below.
"""
