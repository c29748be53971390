"""The embedded example as a file, so that it can be served beside others."""

from example_models.scenes import explorer

__all__ = ["explorer"]
