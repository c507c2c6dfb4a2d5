# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""What is the same for every network; nothing here imports the rest of snnc."""
