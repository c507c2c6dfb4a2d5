# The run-time library of snnc. SPDX-License-Identifier: MIT
"""The code that the programs of all networks share.

This module imports nothing, and each module imports TensorFlow or Nengo only
where it uses them. The modules describe a network as data, a
`network.Network`; they import one another, but nothing else of snnc.
"""
