"""Content as files: take it away to work on it, bring it back, read what it would change, and only then let it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.errors import NotFound
from bot.exchange import leaving, plan, reading
from bot.exchange.apply import apply
from bot.exchange.leaving import ANY_FORM, KINDS, Wanted
from bot.exchange.plan import STATES, Outcome, Plan, Report
from bot.exchange.report import Remark, Row
from bot.exchange.slots import RESPONSIBLE, TO_CHECK, Slot
from bot.exchange.tables import CannotLeave
from bot.exchange.uploads import File
from bot.faq import differences, entries, rules
from bot.faq.differences import Difference
from bot.handoff import audit
from bot.language.forms import FORMS
from bot.staff.rights import Right
from bot.tables import Staff
from console import brought
from console.brought import Brought, Chosen, chosen
from console.door import Door, Signed
from console.report_tables import SEPARATOR

_PLACES = frozenset(differences.places())
TYPES = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "zip": "application/zip"}


@dataclass(frozen=True)
class Line:
    """A row of the file. `titles`: of its entry, as far as they are known; `changes`: what it says otherwise, with a little around it."""

    row: Row
    state: str
    slots: list[Slot]
    remarks: list[Remark]
    titles: dict[str, str]
    changes: list[Difference]


class Exchange(Brought[Plan]):
    kind, path, templates = "answers", "/content/files", ("exchange.html", "exchange_plan.html")

    def choices(self, session: Session) -> dict[str, Any]:
        return {"topics": entries.topics(session), "forms": FORMS, "kinds": KINDS, "any_form": ANY_FORM}

    def leave(self, request: Request, signed: Signed, kind: str, wanted: Wanted) -> Response:
        if kind not in KINDS:
            raise NotFound("There is no such kind of file.")
        with self.door.db.begin() as session:
            found = leaving.items(session, wanted)
            audit.record(session, str(signed.staff.id), "content.exported", "content", {"kind": kind, "entries": len(found)})
        lang = self.door.language(request)
        try:
            content = leaving.file(kind, found, self.door.settings.data_dir, SEPARATOR.get(lang.code, ";"))
        except CannotLeave as error:
            return self.show(request, str(error), error.remark.detail)
        ending = "xlsx" if kind == "xlsx" else "zip"
        name = "-".join(filter(None, ("dalil", kind if ending == "zip" else "", datetime.now(TIME_ZONE).date().isoformat())))
        headers = {"Content-Disposition": f'attachment; filename="{name}.{ending}"'}
        return Response(content, media_type=TYPES[ending], headers=headers)

    def planned(self, session: Session, file: File) -> Plan:
        return plan.plan(session, reading.read(file.name, file.content), rules.book(self.door.settings.data_dir))

    def report(self, found: Plan) -> dict[str, Any]:
        of = {outcome.entry: outcome for outcome in found.outcomes}
        lines = [_line(report, of.get(report[0].entry)) for report in plan.rows(found) if report[1] != "unchanged" or report[3]]
        lines.sort(key=lambda line: STATES.index(line.state))
        return {"lines": lines, "states": STATES, "apart": (TO_CHECK, RESPONSIBLE[0])}

    def carry_out(self, session: Session, person: Staff, found: Plan, others: bool) -> int:
        return apply(session, person, found, others)


def _line(report: Report, outcome: Outcome | None) -> Line:
    row, state, slots, remarks = report
    if outcome is None:
        return Line(row, state, slots, remarks, {}, [])
    titles = (outcome.body or outcome.before).get("titles") or {}
    return Line(row, state, slots, remarks, titles, _changes(outcome, slots) if state == "changed" else [])


def _changes(outcome: Outcome, slots: list[Slot]) -> list[Difference]:
    before, after = outcome.before, outcome.body
    at = [slot for slot in slots if slot in _PLACES]
    return [Difference(*slot, differences.passages(differences.text(before, slot), differences.text(after, slot))) for slot in at]


def add(routes: APIRouter, door: Door) -> None:
    pages = Exchange(door)
    may, may_change = Depends(door.may(Right.CONTENT)), Depends(door.may_change(Right.CONTENT))

    def leave(request: Request, signed: Annotated[Signed, may], kind: str = "xlsx", topic: str = "", lacks: str = "") -> Response:
        return pages.leave(request, signed, kind, Wanted(topic, lacks))

    def keep(request: Request, signed: Annotated[Signed, may_change], file: Annotated[Chosen, Depends(chosen)]) -> Response:
        return pages.keep(request, signed, file)

    routes.add_api_route(f"{pages.path}/export", leave, methods=["GET"])
    routes.add_api_route(f"{pages.path}/import", keep, methods=["POST"])
    brought.add(routes, pages)
