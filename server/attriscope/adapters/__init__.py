"""Models and data of other libraries as explorers: one file a library."""
