"""Embedded examples: each is a small package that ends in one ``explorer()`` factory."""
