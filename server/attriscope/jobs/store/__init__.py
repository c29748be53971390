"""Finished results by content key: in memory for what was just used, on disk for what is to survive a restart.

    <folder>/v1/guard.lock        held while somebody opens, replaces or tidies
    <folder>/v1/index.sqlite      key → ResultInfo, checksum, size, last use
    <folder>/v1/maps/ab/….npz     one file a result, named by its checksum
    <folder>/v1/temporary/        files that are being written
    <folder>/v1/servers/          a locked file for each server that lives
    <folder>/quarantine/          what was damaged, moved aside

The journal (`jobs/journal.py`) keeps its file in `<folder>/v1/journal/`.

Any number of servers of one machine may use one folder. Each server has one thread that writes and one that reads, so
that the event loop waits for no disk.
"""

from attriscope.jobs.store.result import Result, npy
from attriscope.jobs.store.results import ResultStore

__all__ = ["Result", "ResultStore", "npy"]
