"""A case on one page, for paper; and what the person had told the bot, beside the conversation."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session

from bot.directory.kinds import kind_names
from bot.directory.towns import town_names
from bot.faq import entries
from bot.handoff import audit, cases, facts, summary
from bot.handoff.facts import Facts
from bot.handoff.sharing import Reader
from bot.staff.rights import Right
from console.door import Door, RowId, Signed
from console.view import View


def beside(view: View) -> dict[str, object]:
    """The part of the case page."""
    return {"told": in_words(view.session, facts.of_case(view.session, view.case), Reader(view.lang, view.settings.data_dir))}


def in_words(session: Session, told: Facts, reader: Reader) -> list[tuple[str, str]]:
    """Each fact that a person may tell, in the language of the page; empty when it is not known."""
    lang, data_dir = reader.form, reader.data_dir
    entry, kind, place = (told.get(name, "") for name in facts.TOLD)
    title = entries.titles(session, [entry]).get(entry, {}).get(lang, entry) if entry else ""
    named = kind_names(data_dir, lang).get(kind, kind) if kind else ""
    town = town_names(data_dir, lang).get(place, place) if place else ""
    return list(zip(facts.TOLD, (title, named, town)))


def add(routes: APIRouter, door: Door) -> None:
    def page(request: Request, case_id: RowId, signed: Annotated[Signed, Depends(door.may(Right.CASES))]) -> Response:
        lang = door.language(request).code
        with door.db.begin() as session:
            case = cases.seen(session, signed.staff, case_id)
            audit.record(session, str(signed.staff.id), "case.summarized", f"case:{case_id}")
            found = summary.of(session, case, lang)
            context = {
                "summary": found,
                "case": case,
                "told": in_words(session, found.told, Reader(lang, door.settings.data_dir)),
                "topic": entries.titles(session, [case.topic]).get(case.topic, {}).get(lang, "") if case.topic else "",
            }
        return door.page(request, "summary.html", context)

    routes.add_api_route("/cases/{case_id}/summary", page, methods=["GET"])
