"""One file a method: its class, which is also exported by `attribution_core`, and its ``SPEC`` for the registry."""
