"""What was said in a conversation, by everybody, in one thread by time."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select, true, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.errors import NotFound
from bot.handoff import cases, notes
from bot.messaging import conversations, media, options, outbox, reasons
from bot.privacy.vault import vault
from bot.staff import accounts
from bot.tables import Case, Conversation, InboundRow, MediaRow, OutboundRow, Staff

LATEST = 300
SHOWN_STATES = ("queued", "held", "sent", "dead")
ARRIVED = ("delivered", "read")
NAMED_MEDIA = ("voice", "picture", "document")
ENDINGS = {"text/plain": "txt"}  # the others are called as the second half of their type


@dataclass(frozen=True)
class Media:
    """What the person sent besides words. `state`: wanted, kept, refused, failed."""

    id: int
    kind: str
    mime: str
    state: str

    @property
    def shown(self) -> str:
        """How a page shows it: audio, image, or a file to download."""
        first = self.mime.split("/")[0]
        return first if self.mime in media.PLAYED and first in ("audio", "image") else "file"

    @property
    def ending(self) -> str:
        return ENDINGS.get(self.mime, self.mime.split("/")[-1])


@dataclass(frozen=True)
class Bubble:
    """`side`: asker, bot, system, staff, or note (of a colleague, never sent). `state` of delivery: of what the bot says only when it is
    not simply sent; `reason`: why it was given up, a key of `reasons`. `told`: colleagues who are named in a note.

    `kind`: text, button, command, location, contact, contact_other, start, template, media (nothing was kept of it), or what was sent:
    voice, picture, document. `again`: the row that may be sent again, or 0.
    """

    id: str
    side: str
    at: datetime
    text: str = ""
    form: str = ""
    kind: str = "text"
    place: str = ""
    name: str = ""
    state: str = ""
    reason: str = ""
    again: int = 0
    buttons: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    told: tuple[str, ...] = ()


def read(session: Session, case: Case, before: datetime | None = None) -> list[Bubble]:
    """The newest bubbles, oldest first; `before`: none newer than this. When there are fewer than `LATEST`, nothing is earlier.

    Nothing that was said after the case was closed: that was not said to a person."""
    asked, answered = _asked(case, before), _answered(session, case, before)
    since = _since(session, asked, answered)
    if since:
        asked, answered = asked.where(InboundRow.received_at >= since), answered.where(OutboundRow.created_at >= since)
    bubbles = [*_questions(session, case, asked), *_answers(session, case, answered), *_noted(session, case, before)]
    return sorted(bubbles, key=lambda b: b.at)[-LATEST:]


def already_said(session: Session, person: Staff, case_id: int, said: tuple[str, int]) -> bool:
    """Was this text sent after row `said[1]`? Then the form came twice (double click, lost answer) and must not speak twice.

    The case stays locked until the end of the transaction, so that of two equal forms the second one sees the first.
    """
    text, after = said
    case = cases.lock(session, case_id)
    query = select(OutboundRow).filter_by(conversation_id=case.conversation_id, staff_id=person.id).where(OutboundRow.id > after)
    return any(vault(session).unseal(row.body_sealed)["text"] == text.strip()[:4000] for row in session.scalars(query))


def last_said(session: Session, person: Staff, case: Case) -> int:
    """The newest row of this caseworker in this conversation; forms carry it back."""
    query = select(OutboundRow.id).filter_by(conversation_id=case.conversation_id, staff_id=person.id)
    return session.scalar(query.order_by(OutboundRow.id.desc()).limit(1)) or 0


def case_of_file(session: Session, media_id: int) -> int:
    """The newest case in whose thread this file stands. `NotFound` when there is none: then the file is not for staff."""
    asked = select(Case.id).join(InboundRow, InboundRow.conversation_id == Case.conversation_id)
    query = asked.join(MediaRow, MediaRow.inbound_id == InboundRow.id).where(MediaRow.id == media_id, said_in(InboundRow.received_at))
    found = session.scalar(query.order_by(Case.id.desc()).limit(1))
    if found is None:
        raise NotFound("There is no such file in a case.")
    return found


def cases_of(session: Session, row_ids: Sequence[int]) -> dict[int, int]:
    """The newest case in whose thread each of these rows of the outbox stands; rows that stand in none are left out."""
    said = select(OutboundRow.id, Case.id).join(Case, Case.conversation_id == OutboundRow.conversation_id)
    query = said.where(OutboundRow.id.in_(row_ids), said_in(OutboundRow.created_at)).order_by(Case.id)
    return {row_id: case_id for row_id, case_id in session.execute(query)}


def said_in(at: InstrumentedAttribute[datetime]) -> ColumnElement[bool]:
    """What is said after the end of a case was not said to a person."""
    return Case.closed_at.is_(None) | (at <= Case.closed_at)


def _until(case: Case, at: InstrumentedAttribute[datetime], before: datetime | None) -> ColumnElement[bool]:
    ends = [end for end in (case.closed_at, before) if end]
    return at <= min(ends) if ends else true()


def _noted(session: Session, case: Case, before: datetime | None) -> Iterator[Bubble]:
    found = notes.of_case(session, case, before, LATEST)
    return (Bubble(f"note-{note.id}", "note", note.at, note.text, name=note.name, told=note.told) for note in found)


def _asked(case: Case, before: datetime | None) -> Select[tuple[InboundRow]]:
    return select(InboundRow).filter_by(conversation_id=case.conversation_id).where(_until(case, InboundRow.received_at, before))


def _answered(session: Session, case: Case, before: datetime | None) -> Select[tuple[OutboundRow]]:
    """What was sent, will be, or was given up: rows that are dropped, or will be, never reach the person."""
    stale = outbox.is_stale(OutboundRow, conversations.get(session, case.conversation_id))
    going = OutboundRow.state.in_(("sent", *outbox.GIVEN_UP)) | (OutboundRow.state.in_(SHOWN_STATES) & ~stale)
    query = select(OutboundRow).filter_by(conversation_id=case.conversation_id)
    return query.where(going, _until(case, OutboundRow.created_at, before))


def _since(session: Session, asked: Select[tuple[InboundRow]], answered: Select[tuple[OutboundRow]]) -> datetime | None:
    """Where the newest `LATEST` begin, when there are more: what is older is not even decrypted."""
    times = union_all(asked.with_only_columns(InboundRow.received_at.label("at")), answered.with_only_columns(OutboundRow.created_at))
    at = times.subquery().c.at
    return session.scalar(select(at).order_by(at.desc()).offset(LATEST - 1).limit(1))


def _questions(session: Session, case: Case, asked: Select[tuple[InboundRow]]) -> Iterator[Bubble]:
    rows = list(session.scalars(asked.order_by(InboundRow.id)))
    bodies = {row.id: vault(session).unseal(row.body_sealed) for row in rows}
    titles = options.titles(session, [b["token"] for b in bodies.values() if "token" in b])
    files = media.of(session, [row.id for row in rows])
    return (question(row, bodies[row.id], titles, files.get(row.id, [])) for row in rows)


def question(row: InboundRow, body: dict[str, Any], titles: dict[str, str], files: Sequence[MediaRow]) -> Bubble:
    shown = tuple(Media(file.id, file.kind, file.mime, file.state) for file in files)
    kind = _kind(body, shown)
    place = f"{body['latitude']:.5f}, {body['longitude']:.5f}" if kind == "location" and "latitude" in body else ""
    form = row.form or body.get("form", "")
    return Bubble(f"in-{row.id}", "asker", row.received_at, _words(body, titles), form, kind, place, media=shown)


def _kind(body: dict[str, Any], files: Sequence[Media]) -> str:
    kind = str(body.get("kind", "text"))
    if kind == "contact" and not body.get("text"):
        return "contact_other"
    if not files:
        return kind
    return files[0].kind if files[0].kind in NAMED_MEDIA else "document"


def _words(body: dict[str, Any], titles: dict[str, str]) -> str:
    """A shared phone number is in the text of a contact: it is not shown."""
    kind = body.get("kind", "text")
    if kind == "button":
        return titles.get(body.get("token", ""), "")
    return "" if kind == "contact" else str(body.get("text", ""))


def _answers(session: Session, case: Case, answered: Select[tuple[OutboundRow]]) -> Iterator[Bubble]:
    conversation = conversations.get(session, case.conversation_id)
    rows = list(session.scalars(answered.order_by(OutboundRow.id)))
    names = accounts.names(session, [row.staff_id for row in rows])
    return (_answer(session, row, conversation, names) for row in rows)


def _answer(session: Session, row: OutboundRow, conversation: Conversation, names: dict[uuid.UUID | None, str]) -> Bubble:
    body = vault(session).unseal(row.body_sealed)
    whose, dead = side(row), row.state in outbox.GIVEN_UP
    return Bubble(
        f"out-{row.id}",
        whose,
        row.created_at,
        body["text"],
        body.get("form", ""),
        kind="template" if body.get("template") else "text",
        name=names.get(row.staff_id, ""),
        state=delivery(row) if whose == "staff" or row.state != "sent" else "",
        reason=reasons.key(row.error) if dead else "",
        again=row.id if dead and not outbox.is_stale(row, conversation) else 0,
        buttons=tuple(b["title"] for b in body.get("buttons", ())),
    )


def side(row: OutboundRow) -> str:
    """bot, system or staff."""
    return "staff" if row.actor == "person" else row.actor


def delivery(row: OutboundRow) -> str:
    """queued, held, sent, delivered, read or dead: what the provider reported counts only of a row that is sent."""
    if row.state in outbox.GIVEN_UP:
        return "dead"
    return row.delivery if row.state == "sent" and row.delivery in ARRIVED else row.state
