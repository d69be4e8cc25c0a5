"""A file of any kind that we know, by what is in it and not by its name."""

import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from bot.exchange import csv_files, xlsx_files, yaml_files
from bot.exchange.limits import MOST_BYTES, unpacked
from bot.exchange.report import Read, Remark, Unreadable

Reader = Callable[[str, bytes, Read], None]
_TEXTS: dict[str, Reader] = {".csv": csv_files.read, ".tsv": csv_files.read, ".txt": csv_files.read}
_TEXTS |= {".yml": yaml_files.read, ".yaml": yaml_files.read}
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK"
_IGNORED = ("__MACOSX", ".DS_Store")


def read(name: str, content: bytes) -> Read:
    """Never fails: what cannot be read is in the remarks."""
    found = Read(short(name))
    _tried(_any, found.name, content, found)
    return found


def read_folder(folder: Path) -> Read:
    """The YAML files of a folder, as git has them."""
    found = Read(folder.name)
    files = sorted(path for path in folder.iterdir() if path.suffix in (".yml", ".yaml"))
    if not files:
        found.remarks.append(Remark("no_table", found.name))
    for path in files:
        _tried(_any, path.name, path.read_bytes(), found)
    return found


def _tried(reader: Reader, name: str, content: bytes, found: Read) -> None:
    try:
        reader(name, content, found)
    except Unreadable as error:
        found.remarks.append(error.remark)


def short(name: str) -> str:
    """The name alone, without what has no place on a page."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(c for c in last if c.isprintable())[:100] or "?"


def _any(name: str, content: bytes, found: Read) -> None:
    if not content.strip():
        raise Unreadable("empty_file", name)
    if len(content) > MOST_BYTES:
        raise Unreadable("too_large", name, f"{len(content) // 2**20} MB > {MOST_BYTES // 2**20} MB")
    if content.startswith(_OLD_OFFICE):
        raise Unreadable("old_office", name)
    if content.startswith(_ZIP):
        _archive(name, content, found)
        return
    reader = _TEXTS.get(PurePosixPath(name).suffix.lower())
    if reader is None:
        raise Unreadable("unknown_kind", name)
    reader(name, content, found)


def _archive(name: str, content: bytes, found: Read) -> None:
    with unpacked(name, content) as archive:
        names = archive.namelist()
        if xlsx_files.WORKBOOK not in names and ("[Content_Types].xml" in names or "mimetype" in names):
            raise Unreadable("other_office", name)
        members = [] if xlsx_files.WORKBOOK in names else [(short(m.filename), archive.read(m)) for m in _files(name, archive)]
    if xlsx_files.WORKBOOK in names:
        xlsx_files.read(name, content, found)
    for member, inner in members:
        if inner.strip():
            _tried(_TEXTS[PurePosixPath(member).suffix.lower()], member, inner, found)
        else:
            found.remarks.append(Remark("empty_file", member))


def _files(name: str, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """All of them must be known: what is in a file and is not read would be lost in silence."""
    files = [m for m in archive.infolist() if not m.is_dir() and not any(part in m.filename for part in _IGNORED)]
    strange = [m.filename for m in files if PurePosixPath(short(m.filename)).suffix.lower() not in _TEXTS]
    if strange or not files:
        raise Unreadable("strange_member" if strange else "no_table", name, short(strange[0]) if strange else "")
    return files
