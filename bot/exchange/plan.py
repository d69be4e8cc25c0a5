"""What an import would do, before it does anything: for each entry new, changed, as it was, or refused with the reason."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from bot.errors import Refused
from bot.exchange.report import Given, Read, Remark, Row
from bot.exchange.slots import FIELDS, RESPONSIBLE, TEXTS, TO_CHECK, Slot, Slots, flatten, unflatten
from bot.faq import editing
from bot.faq.entries import Entry
from bot.faq.facts import SOURCE
from bot.faq.rules import LONGEST_ANSWER, LONGEST_TITLE, Book
from bot.faq.workflow import PARTS, source_form
from bot.language.forms import FORMS
from bot.staff.rights import Right, having
from bot.tables import EntryRow, Revision, Staff

Report = tuple[Row, str, list[Slot], list[Remark]]
STATES = ("refused", "new", "changed", "unchanged")


@dataclass(frozen=True)
class Outcome:
    """What becomes of one entry. `seen`: the revision that this was worked out on; `before`: what that said. `overtaken`: forms that come
    from before the meaning was changed."""

    given: Given
    state: str
    remarks: tuple[Remark, ...] = ()
    changed: frozenset[Slot] = frozenset()
    body: Entry = field(default_factory=dict)
    seen: int = 0
    looked_at: tuple[str, ...] = ()
    overtaken: tuple[str, ...] = ()
    before: Entry = field(default_factory=dict)

    @property
    def entry(self) -> str:
        return self.given.entry


@dataclass(frozen=True)
class Plan:
    read: Read
    outcomes: list[Outcome]

    @property
    def is_whole(self) -> bool:
        """Nothing is refused."""
        return not (self.count("refused") or self.read.nameless or any(remark.grave for remark in self.read.remarks))

    @property
    def to_do(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.state in ("new", "changed")]

    def count(self, state: str) -> int:
        return sum(outcome.state == state for outcome in self.outcomes)

    @property
    def mark(self) -> str:
        """The same for plans that do the same to the same revisions."""
        done = [(o.entry, o.state, o.seen, o.body, o.given.values.get(RESPONSIBLE)) for o in self.outcomes]
        return hashlib.sha256(json.dumps(done, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True)
class _Head:
    row: EntryRow
    body: Entry
    email: str
    by: str
    at: str


@dataclass(frozen=True)
class _Known:
    """What the rows are measured against. `bases`: older revisions that files were made from."""

    heads: Mapping[str, _Head]
    bases: Mapping[tuple[str, int], Entry]
    ids: Collection[str]
    emails: Collection[str]
    book: Book


def plan(session: Session, read: Read, book: Book) -> Plan:
    known = _known(session, read, book)
    found = [_outcome(session, read.given[entry], known) for entry in sorted(read.given)]
    return Plan(read, found)


def _known(session: Session, read: Read, book: Book) -> _Known:
    heads = _heads(session, read.given)
    older = [(g.entry, g.seen) for g in read.given.values() if g.entry in heads and g.seen not in (None, heads[g.entry].row.head)]
    bases = {(entry, int(n or 0)): found.body for entry, n in older if (found := session.get(Revision, (entry, n)))}
    emails = set(session.scalars(select(func.lower(Staff.email)).where(having(Right.CONTENT))))
    return _Known(heads, bases, {*session.scalars(select(EntryRow.id)), *read.given}, emails, book)


def _heads(session: Session, ids: Collection[str]) -> dict[str, _Head]:
    author, responsible = aliased(Staff), aliased(Staff)
    query = select(EntryRow, Revision.body, responsible.email, author.name, Revision.at)
    query = query.join(Revision, and_(Revision.entry_id == EntryRow.id, Revision.number == EntryRow.head))
    query = query.outerjoin(author, author.id == Revision.by).outerjoin(responsible, responsible.id == EntryRow.responsible_id)
    rows = session.execute(query.where(EntryRow.id.in_(list(ids))).execution_options(populate_existing=True))
    return {row.id: _Head(row, body, email or "", name or "", at.date().isoformat()) for row, body, email, name, at in rows}


def _outcome(session: Session, given: Given, known: _Known) -> Outcome:
    head = known.heads.get(given.entry)
    if head is None:
        return _new(given, known)
    base, remarks = _base(given, head, known)
    now = _slots(head.body, head.email)
    was = _slots(base, head.email)
    changed = _differing(given, was)
    if given.remarks or remarks:
        return Outcome(given, "refused", tuple(given.remarks or remarks), changed)
    changed = frozenset(slot for slot in changed if now.get(slot) != given.values.get(slot))  # somebody did the same meanwhile
    changed = frozenset(slot for slot in changed if slot[0] != TO_CHECK or slot in now)  # a mark is set by a change, not by hand
    stays = _entrusted(given, changed, head)
    changed -= {RESPONSIBLE} if head.email else set()
    if not changed:
        return Outcome(given, "unchanged", stays, seen=head.row.head)
    if clashing := [slot for slot in sorted(changed) if was.get(slot) != now.get(slot)]:
        return Outcome(given, "refused", tuple(_changed_since(given, slot, head) for slot in clashing), changed)
    if given.whole and (number := _older(session, given)):
        return Outcome(given, "unchanged", (Remark("older", given.where, f"{number} < {head.row.head}", False),), seen=head.row.head)
    found = _changed(given, head, changed, known)
    merged = () if base is head.body else (Remark("meanwhile", given.where, _by_whom(given, head), False),)
    overtaken = _overtaken(base, head.body, changed)
    return replace(found, remarks=(*found.remarks, *stays, *merged), overtaken=overtaken, before=head.body)


def _overtaken(base: Entry, head: Entry, changed: Collection[Slot]) -> tuple[str, ...]:
    """Forms that the file brings, and that were marked after it left: who wrote them did not know of the new meaning."""
    marked = set(head.get(TO_CHECK) or ()) - set(base.get(TO_CHECK) or ())
    return tuple(sorted({form for part, form in changed if part in PARTS and form in marked}))


def _entrusted(given: Given, changed: Collection[Slot], head: _Head) -> tuple[Remark, ...]:
    """Who is responsible has no versions: whether a file is older than the last change is not known: it takes nobody's place."""
    if RESPONSIBLE not in changed or not head.email:
        return ()
    named = str(given.values.get(RESPONSIBLE) or "")
    same = named.lower() == head.email.lower()
    return () if same else (given.about(RESPONSIBLE, "responsible_stays", head.email, grave=False),)


def _slots(body: Entry, email: str) -> Slots:
    return {**flatten(body), **({RESPONSIBLE: email} if email else {})}


def _base(given: Given, head: _Head, known: _Known) -> tuple[Entry, list[Remark]]:
    """What the file was made from. A table must say it; the files of git do not."""
    if given.whole or given.seen == head.row.head:
        return head.body, []
    if given.seen is None:
        return head.body, [Remark("no_version", given.where, given.entry)]
    base = known.bases.get((given.entry, given.seen))
    return (base, []) if base is not None else (head.body, [Remark("version_unknown", given.where, str(given.seen))])


def _differing(given: Given, base: Slots) -> frozenset[Slot]:
    named = (*TEXTS, TO_CHECK, *FIELDS)
    gone = {slot for slot in base if slot not in given.values and slot[0] in named} if given.whole else set()
    return frozenset(gone | {slot for slot, value in given.values.items() if value != base.get(slot)})


def _changed_since(given: Given, slot: Slot, head: _Head) -> Remark:
    return given.about(slot, "changed_since", _by_whom(given, head))


def _by_whom(given: Given, head: _Head) -> str:
    return " ".join(filter(None, (head.by, head.at, f"({given.seen} < {head.row.head})")))


def _older(session: Session, given: Given) -> int:
    """The number of the revision that the file has as it was; 0: it has something else."""
    query = select(Revision.number, Revision.body).filter_by(entry_id=given.entry).order_by(Revision.number.desc())
    said = {slot: value for slot, value in given.values.items() if value}
    return next((number for number, body in session.execute(query) if flatten(body) == said), 0)


def _new(given: Given, known: _Known) -> Outcome:
    remarks = [*given.remarks, *_faults(given, frozenset(given.values), known)]
    if not given.values.get(("topic", "")) and not given.remarks:
        remarks.append(Remark("no_topic", given.where, given.entry))
    if any(remark.grave for remark in remarks):
        return Outcome(given, "refused", tuple(remarks))
    slots = {slot: value for slot, value in given.values.items() if value and slot != RESPONSIBLE}
    body = unflatten(given.entry, slots)
    if fault := _never(given, body):
        return Outcome(given, "refused", (fault,), frozenset(slots))
    return Outcome(given, "new", tuple(remarks), frozenset(slots), body)


def _never(given: Given, body: Entry) -> Remark | None:
    """What cannot even be a draft."""
    try:
        editing.check(body)
    except Refused as error:
        return Remark(str(error), given.where)
    return None


def _changed(given: Given, head: _Head, changed: frozenset[Slot], known: _Known) -> Outcome:
    remarks = (*_faults(given, changed, known), *_emptied(given, changed))
    if any(remark.grave for remark in remarks):
        return Outcome(given, "refused", remarks, changed)
    before = flatten(head.body)
    kept = {slot: value for slot, value in before.items() if slot not in changed}
    slots = kept | {slot: given.values[slot] for slot in changed if given.values.get(slot) and slot != RESPONSIBLE}
    body = unflatten(given.entry, slots)
    if fault := _never(given, body):
        return Outcome(given, "refused", (fault,), changed)
    return Outcome(given, "changed", remarks, changed, body, head.row.head, _looked_at(head.body, body, changed))


def _emptied(given: Given, changed: Collection[Slot]) -> list[Remark]:
    """What would be deleted is said: a cell is emptied by a slip of the hand too."""
    gone = sorted(slot for slot in changed if not given.values.get(slot) and slot[0] != TO_CHECK)
    return [given.about(slot, "emptied", " ".join(filter(None, slot)), grave=False) for slot in gone]


def _looked_at(before: Entry, body: Entry, changed: Collection[Slot]) -> tuple[str, ...]:
    """Forms that are right as they are: whose mark was taken away; and, when only translations came, all that had none:
    a new translation makes no other one old."""
    marked = set(before.get(TO_CHECK) or [])
    cleared = {form for part, form in changed if part == TO_CHECK and form not in (body.get(TO_CHECK) or [])}
    source = source_form(body)
    if any((part, source) in changed for part in PARTS):
        return tuple(sorted(cleared))
    return tuple(sorted(cleared | (set(FORMS) - marked)))


def _faults(given: Given, changed: Collection[Slot], known: _Known) -> list[Remark]:
    """References that lead nowhere, which would break pages; and what cannot be published like that."""
    found = [remark for slot in sorted(changed) for remark in _fault(given, slot, known)]
    long = {"answers": LONGEST_ANSWER, "titles": LONGEST_TITLE}
    for slot in sorted(slot for slot in changed if slot[0] in long and given.values.get(slot)):
        if (size := len(given.values[slot].strip())) > long[slot[0]]:
            found.append(given.about(slot, "long_text", f"{size} > {long[slot[0]]}", grave=False))
    return found


def _fault(given: Given, slot: Slot, known: _Known) -> list[Remark]:
    value, book = given.values.get(slot), known.book
    lists: dict[str, Collection[str]] = {"facts": book.facts, "categories": book.categories, "related": known.ids}
    if slot[0] in TEXTS or not value:
        return []
    if slot == RESPONSIBLE:
        return [] if value.lower() in known.emails else [given.about(slot, "unknown_person", value)]
    if slot[0] == "topic":
        return [] if value in book.topics else [given.about(slot, "unknown_topic", value)]
    if slot[0] == "sources":
        return [given.about(slot, "source", s.get("url", "")) for s in value if not s.get("title") or not set(s) <= set(SOURCE)]
    return [given.about(slot, f"unknown_{slot[0]}", item) for item in value if item not in lists[slot[0]]] if slot[0] in lists else []


def rows(plan: Plan) -> list[Report]:
    """The report: for each row of the file its place, what becomes of it, the fields that are others, and what is to be said."""
    nameless: list[Report] = [(row, "refused", [], [remark]) for row, remark in plan.read.nameless]
    return [*nameless, *(line for outcome in plan.outcomes for line in _lines(outcome))]


def _lines(outcome: Outcome) -> list[Report]:
    lines = []
    for n, row in enumerate(outcome.given.rows):
        whole = not row.slots
        changed = sorted(slot for slot in outcome.changed if whole or slot in row.slots)
        said = [r for r in outcome.remarks if r.row == row.where or (not r.row and n == 0)]
        state = outcome.state if changed or outcome.state in ("refused", "new") else "unchanged"
        lines.append((row, state, changed, said))
    return lines
