"""Text to located syntax: the same tree for every notation of a spec."""
