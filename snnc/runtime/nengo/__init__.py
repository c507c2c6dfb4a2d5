# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Builds and runs the Nengo network: all that a deployment needs."""
