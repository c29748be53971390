"""How the C library hands memory to the web process, where it can be told."""

from __future__ import annotations

import ctypes
import platform

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_MAP_BYTES = 32 << 10
"""Smaller than a map of 64 × 64 pixels and three channels."""


def settle() -> None:
    """Has glibc return what it no longer needs; other C libraries are left alone. To be called before any thread.

    Every thread would get an arena of its own, and maps of some 50 kB would lie scattered in all of them, so that
    little is ever given back. One arena, with maps outside of it, keeps a busy server about 15 MB smaller.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    libc = ctypes.CDLL(None)
    for name, value in ((_M_ARENA_MAX, 1), (_M_MMAP_THRESHOLD, _MAP_BYTES), (_M_TRIM_THRESHOLD, 2 * _MAP_BYTES)):
        libc.mallopt(name, value)
