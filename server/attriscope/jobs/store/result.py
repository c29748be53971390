"""A result and its forms: `.npy` files for the page, one `.npz` file on disk."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from attriscope.workers.messages import ResultInfo
from attriscope.workers.protocol import Array


@dataclass(frozen=True)
class Result:
    """A result's description and its maps as `.npy` files."""

    info: ResultInfo
    files: Mapping[str, bytes]

    @property
    def nbytes(self) -> int:
        return sum(len(file) for file in self.files.values())


def npy(array: Array) -> bytes:
    """The array as a NumPy 1.0 file."""
    out = io.BytesIO()
    values = np.frombuffer(array.data, dtype=np.dtype(array.dtype).newbyteorder("<")).reshape(array.shape)
    np.save(out, values, allow_pickle=False)
    return out.getvalue()


def pack(files: Mapping[str, bytes]) -> bytes:
    """The `.npy` files as one uncompressed `.npz` file, the same bytes every time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), content)
    return out.getvalue()


def unpack(data: bytes) -> dict[str, bytes]:
    """What `pack` was given. Raises zipfile.BadZipFile for anything else."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name.removesuffix(".npy"): archive.read(name) for name in archive.namelist()}


def checksum(info: str, data: bytes) -> str:
    """SHA-256 over the description's JSON and the packed maps: a wrong number in either is noticed."""
    digest = hashlib.sha256(info.encode())
    digest.update(b"\0")
    digest.update(data)
    return digest.hexdigest()
