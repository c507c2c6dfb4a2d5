"""Pictures of networks and of what they do, by matplotlib: the extra ``plot``.

Each function takes axes, or makes some, and returns them. Colours are those that the
colour-blind tell apart; text and lines follow matplotlib's style, so that a dark one
gives dark pictures. Imports the graphs of `ir`, and results of `sweep` and `runtime`.
"""
