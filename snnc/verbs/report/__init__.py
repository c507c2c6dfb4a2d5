"""Report the costs of a mapped network.

`summary` computes the costs, and `sentences` explains the limits. `folder` reports each
network of a folder.
"""
