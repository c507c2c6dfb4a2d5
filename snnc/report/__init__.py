"""What a mapped network costs, for people and for programs.

`summary` counts, `sentences` tell why, the others write: `text`, which is Markdown too,
`html` and `json`; `limits` are the device's. Imports `loihi`, `ir` and what is below.
"""
