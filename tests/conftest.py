"""What all tests need of the process that they run in."""

import signal

# A shell that starts a command in the background lets it ignore Ctrl-C, and so would
# every process that a test starts to interrupt it.
signal.signal(signal.SIGINT, signal.default_int_handler)
