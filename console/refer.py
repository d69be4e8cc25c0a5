"""Referring somebody: a service is chosen, what would be told is ticked and read word for word, then the person is asked."""

from dataclasses import dataclass, field
from pathlib import Path as FolderPath
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from bot.directory import search
from bot.directory.card import card
from bot.directory.kinds import kind_names, kinds_by_word
from bot.directory.towns import town_names
from bot.errors import Conflict, DalilError, Refused
from bot.faq import entries
from bot.handoff import cases, referrals, sharing, urgency
from bot.handoff.sharing import Proposal, Reader, Shared
from bot.messaging import conversations
from bot.staff.rights import Right
from bot.tables import Case, Staff
from console.door import Door, RowId, Signed
from console.pages import ROOT

LONGEST_QUERY = 200
ServiceId = Annotated[str, Path(max_length=200)]
Word = Annotated[str, Query(max_length=LONGEST_QUERY)]


@dataclass(frozen=True)
class Ticked:
    """The form as it was filled in. `do`: preview, ask, or agreed (then `how`). `read`: the message as the caseworker saw it."""

    share: frozenset[str] = frozenset({"language"})  # nothing else is told unless somebody ticks it
    values: dict[str, str] = field(default_factory=dict)
    do: str = ""
    how: str = ""
    read: str = ""

    def shared(self, case: Case, form: str) -> Shared:
        """Language and topic are those of the case; of the rest what was typed or chosen."""
        told = {**self.values, "language": form, "topic": case.topic}
        return Shared.of({key: value for key, value in told.items() if key in self.share})


async def ticked(request: Request) -> Ticked:
    form = await request.form()
    values = {key: str(form.get(key, "")) for key in ("name", "place", "note")}
    share = frozenset(str(value) for value in form.getlist("share")) & frozenset(sharing.FIELDS)
    read = str(form.get("read", "")).replace("\r\n", "\n")  # as browsers end a line
    return Ticked(share, values, str(form.get("do", "preview")), str(form.get("how", "")), read)


class ReferPages:
    def __init__(self, door: Door) -> None:
        self.door = door

    def choose(self, request: Request, signed: Signed, case_id: int, query: tuple[str, str, str]) -> Response:
        """The directory, and what is known of each service."""
        words, kind, town = query
        lang, data_dir = self.door.language(request).code, self.door.settings.data_dir
        with self.door.db.begin() as session:
            case = _held(session, signed.staff, case_id)
            hits = search.by_words(session, words, search.Query(kind, town), kinds_by_word(data_dir)) if any(query) else []
            found = [card(hit, lang, data_dir) for hit in hits]
        lists = {"kinds": kind_names(data_dir, lang), "towns": town_names(data_dir, lang), "most": search.MOST}
        return self.door.page(request, "refer.html", {"case": case, "found": found, "q": words, "kind": kind, "town": town, **lists})

    def tick(
        self, request: Request, signed: Signed, about: tuple[int, str], form: Ticked | None = None, error: DalilError | None = None
    ) -> Response:
        """What may be told, and once it was ticked the message as the person would read it."""
        lang, data_dir, proposal = self.door.language(request).code, self.door.settings.data_dir, None
        with self.door.db.begin() as session:
            case = _held(session, signed.staff, about[0])
            safe = conversations.get(session, case.conversation_id).safe
            try:
                proposal = self._proposal(session, case, about[1], form) if form else None
            except Refused as refused:
                error = error or refused
            shown = {
                "case": case,
                "service": card(search.get(session, about[1]), lang, data_dir),
                "topic": entries.titles(session, [case.topic]).get(case.topic, {}).get(lang, ""),
                "form": _reader(session, case, data_dir).form,
                "not_safe": safe is False,
                "watched": case.urgency in urgency.SILENT and not safe,
            }
        lists = {"towns": town_names(data_dir, lang), "ways": referrals.HOW}
        limits = {"longest_name": sharing.LONGEST_NAME, "longest_note": sharing.LONGEST_NOTE}
        filled = {"ticked": form or Ticked(values={"place": case.place}), "proposal": proposal}
        return self.door.form(request, "refer_service.html", {**shown, **lists, **limits, **filled}, error)

    def ask(self, request: Request, signed: Signed, about: tuple[int, str], form: Ticked) -> Response:
        """Only the very text that the caseworker has read is sent."""
        try:
            with self.door.db.begin() as session:
                proposal = self._proposal(session, _held(session, signed.staff, about[0]), about[1], form)
                if proposal.question != form.read:
                    raise Conflict("referral.text_changed")
                if form.do == "agreed" and not form.how:
                    raise Refused("referral.how")
                referrals.ask(session, signed.staff, about[0], proposal, form.how if form.do == "agreed" else "")
        except (Conflict, Refused) as error:
            return self.tick(request, signed, about, form, error)
        return RedirectResponse(f"{ROOT}/cases/{about[0]}#beside-referral", 303)

    def _proposal(self, session: Session, case: Case, service_id: str, form: Ticked) -> Proposal:
        reader = _reader(session, case, self.door.settings.data_dir)
        return sharing.propose(session, service_id, form.shared(case, reader.form), reader)


def _held(session: Session, person: Staff, case_id: int) -> Case:
    case = cases.seen(session, person, case_id)
    if case.state != "taken" or case.assignee_id != person.id:
        raise Conflict("case.not_yours")
    return case


def _reader(session: Session, case: Case, data_dir: FolderPath) -> Reader:
    """The person, in their form."""
    return Reader(conversations.get(session, case.conversation_id).form or case.form or "fr", data_dir)


def add(routes: APIRouter, door: Door) -> None:
    pages, path = ReferPages(door), "/cases/{case_id}/refer"

    def choose(
        request: Request,
        case_id: RowId,
        signed: Annotated[Signed, Depends(door.may(Right.CASES))],
        q: Word = "",
        kind: Word = "",
        town: Word = "",
    ) -> Response:
        return pages.choose(request, signed, case_id, (q, kind, town))

    def tick(
        request: Request, case_id: RowId, service_id: ServiceId, signed: Annotated[Signed, Depends(door.may(Right.CASES))]
    ) -> Response:
        return pages.tick(request, signed, (case_id, service_id))

    def ask(
        request: Request,
        case_id: RowId,
        service_id: ServiceId,
        signed: Annotated[Signed, Depends(door.may_change(Right.CASES))],
        form: Annotated[Ticked, Depends(ticked)],
    ) -> Response:
        do = pages.ask if form.do in ("ask", "agreed") else pages.tick
        return do(request, signed, (case_id, service_id), form)

    routes.add_api_route(path, choose, methods=["GET"])
    routes.add_api_route(f"{path}/{{service_id}}", tick, methods=["GET"])
    routes.add_api_route(f"{path}/{{service_id}}", ask, methods=["POST"])
