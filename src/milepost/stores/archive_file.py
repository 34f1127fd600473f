"""The file of a backup: a tar of a manifest, a CSV per PostgreSQL table, a Parquet per ClickHouse
table; and behind its end a line with the SHA-256 of all before it.

The manifest has the SHA-256 of each member, so that a damaged one can be named. The last line
covers the rest: the manifest, the headers, the padding. `tar` stops before that line and does not
mind it.
Format 1, of older versions, has neither; it is taken as it is.
"""

import hashlib
import os
import re
import tarfile
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec

from milepost.errors import DamagedArchive, InvalidInput
from milepost.stores.folder_rights import fsync_folder

FORMAT = 2
_WITHOUT_CHECKSUMS = 1
_MANIFEST = "manifest.json"
_SEAL = re.compile(rb"milepost-sha256 ([0-9a-f]{64})\n")
_SEAL_BYTES = len("milepost-sha256 ") + 64 + 1
_PIECE_BYTES = 1 << 20
# What tarfile raises on bytes that are no tar, or no longer one.
_NOT_READABLE = (tarfile.TarError, OSError, EOFError, ValueError, KeyError, AssertionError)


class Manifest(msgspec.Struct, frozen=True):
    """What is in an archive; the tables with their numbers of rows, in the order to load them."""

    format: int
    created_at: datetime
    postgres_revision: str
    clickhouse_number: int
    postgres_tables: dict[str, int]
    clickhouse_tables: dict[str, int]
    sha256: dict[str, str] = {}

    @property
    def has_checksums(self) -> bool:
        """Whether damage can be told."""
        return self.format > _WITHOUT_CHECKSUMS

    @property
    def members(self) -> set[str]:
        """The names of the tables' files."""
        csv = {f"postgres/{table}.csv" for table in self.postgres_tables}
        return csv | {f"clickhouse/{table}.parquet" for table in self.clickhouse_tables}


def pack(folder: Path, manifest: Manifest, file: Path) -> None:
    """Makes the archive of a folder, emptying it; `file` appears when it is whole and on disk."""
    parts = sorted(folder.glob("*/*"))
    sums = {str(part.relative_to(folder)): _sha256_of(part) for part in parts}
    sealed = msgspec.structs.replace(manifest, sha256=sums)
    (folder / _MANIFEST).write_bytes(msgspec.json.encode(sealed))
    partial = folder / "partial.tar"
    descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w+b") as out:
        with tarfile.open(fileobj=out, mode="w") as tar:
            for part in (folder / _MANIFEST, *parts):
                tar.add(part, str(part.relative_to(folder)), filter=_plain)
                part.unlink()
        out.seek(0)
        digest = _digest(out)
        out.write(f"milepost-sha256 {digest}\n".encode())
        out.flush()
        os.fsync(out.fileno())
    partial.rename(file)
    fsync_folder(file.parent)


def check_archive(file: Path) -> Manifest:
    """Reads an archive whole; what it holds.

    Raises:
        InvalidInput: if the file is no archive, or one of a newer form.
        DamagedArchive: if it is not what was written.
    """
    manifest = _manifest_of(file)
    if manifest.format not in (_WITHOUT_CHECKSUMS, FORMAT):
        raise newer_archive(file)
    is_sealed = _is_sealed(file)
    if manifest.has_checksums or is_sealed is not None:
        _name_damage(file, manifest)
        if not is_sealed:
            raise DamagedArchive(file, "it does not have the checksum that was written at its end")
    return manifest


def unpack(file: Path, folder: Path) -> Manifest:
    """Checks an archive and puts its files into a folder; what it holds.

    Raises:
        InvalidInput: if the file is no archive, or one of a newer form.
        DamagedArchive: if it is not what was written.
    """
    manifest = check_archive(file)
    with tarfile.open(file, "r:") as tar:
        tar.extractall(folder, filter="data")
    missing = sorted(name for name in manifest.members if not (folder / name).is_file())
    if missing:
        raise DamagedArchive(file, f"{missing[0]} is missing")
    return manifest


def newer_archive(file: Path) -> InvalidInput:
    """The refusal of what a newer version has written."""
    return InvalidInput("archive", str(file), "one of this version of Milepost or an older one")


def _manifest_of(file: Path) -> Manifest:
    try:
        with tarfile.open(file, "r:") as tar:
            first = tar.next()  # not by its name: for that all of a damaged archive is read
            if first is None or first.name != _MANIFEST:
                raise KeyError(f"it does not begin with {_MANIFEST}")
            content = tar.extractfile(first)
            assert content is not None
            return msgspec.json.decode(content.read(), type=Manifest)
    except _NOT_READABLE as error:
        if _is_sealed(file) is not None:
            raise DamagedArchive(file, "its manifest cannot be read") from error
        raise InvalidInput(
            "archive", str(file), f"a file of `milepost backup` ({error})"
        ) from error


def _name_damage(file: Path, manifest: Manifest) -> None:
    """Finds the member that is not what was written, to name it."""
    found: set[str] = set()
    try:
        with tarfile.open(file, "r:") as tar:
            for member in tar:
                if member.name == _MANIFEST:
                    continue
                content = tar.extractfile(member)
                if content is None or _digest(content) != manifest.sha256.get(member.name):
                    raise DamagedArchive(file, f"{member.name} is not what was written")
                found.add(member.name)
    except _NOT_READABLE as error:
        raise DamagedArchive(file, f"it cannot be read to its end ({error})") from error
    missing = sorted((manifest.members | manifest.sha256.keys()) - found)
    if missing:
        raise DamagedArchive(file, f"{missing[0]} is missing")


def _is_sealed(file: Path) -> bool | None:
    """Whether the last line is right; None if there is none."""
    try:
        with file.open("rb") as archive:
            end = archive.seek(0, os.SEEK_END) - _SEAL_BYTES
            archive.seek(max(0, end))
            found = _SEAL.fullmatch(archive.read())
            archive.seek(0)
            return None if found is None else _digest(archive, end) == found[1].decode()
    except OSError:
        return None


def _sha256_of(part: Path) -> str:
    with part.open("rb") as content:
        return _digest(content)


def _digest(content: IO[bytes], most_bytes: int | None = None) -> str:
    digest = hashlib.sha256()
    left = most_bytes
    while piece := content.read(_PIECE_BYTES if left is None else min(_PIECE_BYTES, left)):
        digest.update(piece)
        left = None if left is None else left - len(piece)
    return digest.hexdigest()


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without the names and numbers of the users of one machine."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member
