"""Report the costs of a mapped network, for people and programs.

`summary` computes the costs, `sentences` explains the limits, and `text` (also
Markdown), `html` and `json` write the report and the limits of the device. Imports
`loihi`, `ir` and the folders below them in the layering.
"""
