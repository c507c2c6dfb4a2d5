"""Reports of the costs of a mapped network, for people and for programs.

`summary` counts, `sentences` explains the limits, and `text` (also Markdown), `html`
and `json` write the report and the limits of the device. Imports `loihi`, `ir` and
lower folders.
"""
