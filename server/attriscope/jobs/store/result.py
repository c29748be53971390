"""A result and its forms: `.npy` files for the page, one `.npz` file on disk."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

from attriscope.workers.messages import ResultInfo
from attriscope.workers.protocol import Array

_DESCR = {
    "bool": "|b1",
    "uint8": "|u1",
    "int8": "|i1",
    **{f"int{8 * size}": f"<i{size}" for size in (2, 4, 8)},
    **{f"float{8 * size}": f"<f{size}" for size in (2, 4, 8)},
}
_ALIGNMENT = 64


@dataclass(frozen=True)
class Result:
    """A result's description as JSON, which takes a fifth of the memory of its object, and its maps as `.npy` files."""

    key: str
    json: str
    files: Mapping[str, bytes]

    @property
    def info(self) -> ResultInfo:
        return ResultInfo.model_validate_json(self.json)

    @property
    def nbytes(self) -> int:
        return len(self.json) + sum(len(file) for file in self.files.values())


def npy(array: Array) -> bytes:
    """The array as a NumPy 1.0 file: a magic word, the length of a header, the header, and the bytes as they are.

    Not by NumPy itself, which would be a quarter of the web process's memory for these few lines.
    """
    shape = "".join(f"{size}, " for size in array.shape) if len(array.shape) == 1 else str(array.shape)[1:-1]
    header = f"{{'descr': '{_DESCR[array.dtype]}', 'fortran_order': False, 'shape': ({shape.rstrip() or ''}), }}"
    before = len(b"\x93NUMPY") + 4
    padded = header.encode() + b" " * (-(before + len(header) + 1) % _ALIGNMENT) + b"\n"
    return b"".join([b"\x93NUMPY\x01\x00", len(padded).to_bytes(2, "little"), padded, array.data])


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
