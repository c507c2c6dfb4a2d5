# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Builds and trains the Keras model."""
