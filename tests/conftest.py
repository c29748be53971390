"""What holds for all tests."""

import signal

from hypothesis import settings

# How long an example takes tells of the machine's load, not of right and wrong.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

# A shell switches Ctrl-C off for what it starts in the background, and so it would be for every server of the tests.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
