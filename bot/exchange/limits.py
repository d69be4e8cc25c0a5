"""What a file may be before anything of it is read: size, what it unpacks to, and no document type that names other files."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from bot.exchange.report import Unreadable

MOST_BYTES = 30 * 2**20
MOST_UNPACKED = 80 * 2**20
MOST_MEMBERS = 400
MOST_RATIO = 150  # of a member that unpacks to more than a megabyte: spreadsheets stay below forty
MOST_TAGS = 2_000_000
_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError, LookupError)


@contextmanager
def unpacked(name: str, content: bytes) -> Iterator[zipfile.ZipFile]:
    """The archive, when what it says of itself is bearable; `zipfile` never unpacks more than that."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _bearable(name, archive.infolist())
            yield archive
    except _BROKEN_ZIP as error:
        raise Unreadable("broken_archive", name, type(error).__name__) from error


def _bearable(name: str, members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MOST_MEMBERS:
        raise Unreadable("too_many_members", name, f"{len(members)} > {MOST_MEMBERS}")
    total = sum(member.file_size for member in members)
    bombs = [m for m in members if m.file_size > 2**20 and m.file_size > MOST_RATIO * max(1, m.compress_size)]
    if total > MOST_UNPACKED or bombs:
        raise Unreadable("unpacks_too_large", name, f"{total // 2**20} MB")
    if any(member.flag_bits & 1 for member in members):
        raise Unreadable("password", name)


def plain_xml(name: str, archive: zipfile.ZipFile) -> None:
    """No entities, which can name other files or grow without end, and not more tags than memory can hold. A part may have any name."""
    tags = 0
    for member in archive.infolist():
        content = archive.read(member)
        tags += content.count(b"<")
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise Unreadable("document_type", name, member.filename[:80])
    if tags > MOST_TAGS:
        raise Unreadable("unpacks_too_large", name, f"{tags} tags")
