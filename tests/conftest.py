"""What holds for all tests."""

from hypothesis import settings

# How long an example takes tells of the machine's load, not of right and wrong.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
