"""What a mapped network costs, for people and for programs.

`summary` counts, the others write: `text`, `markdown`, `html`, `json`.
"""
