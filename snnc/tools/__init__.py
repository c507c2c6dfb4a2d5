"""Evaluate a compiled network, give advice, and scale its weights.

The results of a run become one `results.Result` (`measures`, with `scores` and
`statistics`), which `summary` and `advice` describe in text; `calibration` scales
weights into the rates of layers. Imports `runtime` and `text`.
"""
