"""Keras models as data: reads what their files say and runs nothing of it.

Only `read.read` is meant for other rooms, and the types of `model` and `weights`.
"""
