"""A file that a person sent, decrypted for a caseworker; sound in pieces, as phones ask for it."""

import re
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response
from sqlalchemy.orm import Session

from bot.handoff import audit, cases, thread
from bot.messaging import media
from bot.staff.rights import Right
from bot.tables import MediaRow, Staff
from console.door import Door, RowId, Signed

VIEW = timedelta(minutes=30)  # a player asks for many pieces, and a page shows a picture again: that is one opening
HEADERS = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
}
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def add(routes: APIRouter, door: Door) -> None:
    def file(
        media_id: RowId,
        signed: Annotated[Signed, Depends(door.may(Right.CASES))],
        asked: Annotated[str, Header(alias="Range")] = "",
        unless: Annotated[str, Header(alias="If-Range")] = "",
    ) -> Response:
        with door.db.begin() as session:
            row, content = _open(session, signed.staff, media_id)
        sound = row.mime in media.PLAYED and row.mime.startswith("audio/")
        return _piece(row, content, "" if unless else asked) if sound else Response(content, 200, _headers(row))

    routes.add_api_route("/media/{media_id}", file, methods=["GET"])


def _open(session: Session, person: Staff, media_id: int) -> tuple[MediaRow, bytes]:
    """Only what stands in the thread of a case; who opened it is noted."""
    case_id = cases.seen(session, person, thread.case_of_file(session, media_id)).id
    found = media.content(session, media_id)
    actor, subject = str(person.id), f"media:{media_id}"
    if not audit.is_recent(session, actor, ("media.opened", subject), VIEW):
        audit.record(session, actor, "media.opened", subject, {"case": case_id})
    return found


def _headers(row: MediaRow) -> dict[str, str]:
    """Only what a browser shows by itself, without running anything, is shown in place."""
    shown = "inline" if row.mime in media.PLAYED else "attachment"
    return {**HEADERS, "Content-Type": row.mime, "Content-Disposition": shown}


def _piece(row: MediaRow, content: bytes, asked: str) -> Response:
    """The range asked for. One that cannot be understood, or several at once, get the whole, as HTTP allows."""
    headers, size = {**_headers(row), "Accept-Ranges": "bytes"}, len(content)
    found = _RANGE.fullmatch(asked.strip())
    if found is None or not any(found.groups()) or _backwards(*found.groups()):
        return Response(content, 200, headers)
    start, end = _ends(found.group(1), found.group(2), size)
    if start >= end:
        return Response(b"", 416, {**headers, "Content-Range": f"bytes */{size}"})
    return Response(content[start:end], 206, {**headers, "Content-Range": f"bytes {start}-{end - 1}/{size}"})


def _backwards(first: str, last: str) -> bool:
    return bool(first and last) and int(first) > int(last)


def _ends(first: str, last: str, size: int) -> tuple[int, int]:
    """Where the piece begins, and where it has ended. Without `first`, the last so many bytes."""
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(int(last) + 1, size) if last else size
