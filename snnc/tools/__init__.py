"""What works on a network that was compiled: judges, advises, scales weights.

What a run of examples gave becomes one `results.Result` (`measures`, by `scores` and
`statistics`), which `summary` and `advice` tell to people; `calibration` scales weights
into the rates of layers. Imports `runtime` and `text`.
"""
