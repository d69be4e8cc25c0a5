"""An installation in which something of everything is there, and every word that a person may choose is an attempt to break a page.

Team 1 has the cases; those of team 2 (`far`, `far_lead`) may see none of them.
"""

import json
import re
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from html.parser import HTMLParser

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.db import Database
from bot.directory import versions
from bot.faq import revisions
from bot.faq.revisions import Kind, Reason
from bot.handoff import audit
from bot.messages import Button, Reply
from bot.messaging import outbox
from bot.privacy.vault import vault
from bot.settings import ROOT
from bot.staff import passwords, sessions
from bot.staff.invitations import Wanted, invite
from bot.staff.rights import ROLES
from bot.tables import (
    Base,
    Canned,
    Case,
    Cluster,
    Comment,
    CommentMention,
    Conversation,
    DirectoryVersion,
    Draft,
    EntryRow,
    Holiday,
    InboundRow,
    Link,
    MediaRow,
    Mention,
    Note,
    Notice,
    OnCall,
    Organization,
    OutboundRow,
    Referral,
    Service,
    Staff,
    StaffSession,
    Team,
    TeamDay,
    Unanswered,
)
from bot.understanding.corpus import seed_entries
from tests.story import PASSWORD, Somebody

VOLATILE = {"staff": {"seen_at"}, "staff_session": {"used_at"}, "case": {"lease_until", "owner_seen"}}  # change whenever somebody looks
LANGUAGES = ("fr", "ar", "en", "ary-Arab", "ary-Latn")
SCRIPTS = re.compile(r"\s*(javascript|data|vbscript):", re.IGNORECASE)
ADDRESSES = ("href", "src", "action", "formaction", "poster", "data", "srcdoc")


def poison(where: str) -> str:
    """A word that says where it was written, and leaves every place that is not escaped."""
    return f"""{where}"'><pwn a='1'></textarea></title></script><pwn>"""


def poisoned(where: str) -> dict[str, str]:
    return dict.fromkeys(LANGUAGES, poison(where))


class Reader(HTMLParser):
    """What a browser would find on a page: planted tags and attributes, and which poisoned words are shown."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.words: list[str] = []
        self.forms: list[tuple[str, set[str]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.faults += [f"<{tag}>"] if tag == "pwn" else []
        self.faults += [f"<{tag} {name}>" for name, _ in attrs if "pwn" in name or name.startswith("on") or name == "style"]
        self.faults += [f"<{tag} {name}={value}>" for name, value in attrs if name in ADDRESSES and value and SCRIPTS.match(value)]
        self.words += [value for _, value in attrs if value]
        self._form(tag, {name: value or "" for name, value in attrs})

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def _form(self, tag: str, attrs: dict[str, str]) -> None:
        if tag == "form":
            self.forms.append((attrs.get("action", ""), set()))
        elif tag in ("input", "textarea", "select", "button") and attrs.get("name") and self.forms:
            self.forms[-1][1].add(attrs["name"])

    def shows(self, where: str) -> bool:
        return any(f"{where}\"'><pwn" in word for word in self.words)


@dataclass
class Visitor:
    """A browser with a sign-in of its own."""

    client: TestClient
    csrf: str = ""

    def get(self, path: str, **more: object):
        return self.client.get(path, follow_redirects=False, **more)  # type: ignore[arg-type]

    def post(self, path: str, data: dict[str, object] | None = None, **more: object):
        return self.client.post(path, data={"csrf": self.csrf, **(data or {})}, follow_redirects=False, **more)  # type: ignore[arg-type]


@dataclass
class World:
    db: Database
    people: dict[str, Staff] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def visitor(self, app: FastAPI, name: str, **opened: object) -> Visitor:
        """Signed in as this person; `opened` are columns of the sign-in."""
        with self.db.begin() as session:
            token = sessions.start(session, self.people[name], poison("agent"))
            mine = StaffSession.token_hash == sessions.digest(token)
            if opened:
                session.execute(update(StaffSession).where(mine).values(**opened))
            csrf = session.scalars(select(StaffSession.csrf).where(mine)).one()
        client = TestClient(app)
        client.cookies.set("dalil_console", token)
        return Visitor(client, csrf)

    def is_open(self, visitor: Visitor) -> bool:
        """This sign-in has neither ended nor become another one."""
        with self.db.begin() as session:
            return session.scalar(select(StaffSession.id).filter_by(csrf=visitor.csrf)) is not None

    def fill(self, path: str) -> str:
        """A path with the ids of what is there. `row_id` and `name` mean another thing in each part of the console."""

        parts = path.split("/")

        def found(match: "re.Match[str]") -> str:
            keys = (f"{match.group(1)} of {part}" for part in parts)
            return next((self.ids[key] for key in keys if key in self.ids), "") or self.ids[match.group(1)]

        return re.sub(r"{(\w+)}", found, path)

    def state(self) -> dict[str, list[str]]:
        """Everything that is stored, but for what changes with each look."""
        found: dict[str, list[str]] = {}
        with self.db.begin() as session:
            for table in Base.metadata.sorted_tables:
                columns = [column for column in table.columns if column.name not in VOLATILE.get(table.name, set())]
                found[table.name] = sorted(map(repr, session.execute(select(*columns)).all()))
        return found


@lru_cache(maxsize=1)
def _hash() -> str:
    return passwords.hashed(PASSWORD)


def people(db: Database) -> World:
    """Only teams and members of staff: one of each role in team 1, two in team 2."""
    world = World(db)
    with db.begin() as session:
        session.execute(update(Team).values(name=poison("team")))
        session.add(Team(name=poison("otherteam")))
        session.flush()
        for role in ROLES:
            world.people[role] = _hire(session, role, role, 1)
        for name, role in (("far", "caseworker"), ("far_lead", "supervisor")):
            world.people[name] = _hire(session, name, role, 2)
    return world


def build(db: Database) -> World:
    world = people(db)
    somebody = Somebody(db)
    world.ids["case_id"] = str(somebody.asks_for_a_person())
    with db.begin() as session:
        worker, conversation = world.people["caseworker"], somebody.row(session)
        case = session.scalars(select(Case)).one()
        _content(session, world)
        _said(session, conversation, world)
        _answered(session, conversation, worker, world)
        _asked(session, conversation, world)
        _case(session, case, worker, world)
        _team(session, worker, world)
        _accounts(session, world)
    return world


def _hire(session: Session, name: str, role: str, team: int) -> Staff:
    person = Staff(email=f"{name}@example.org", name=poison(f"name{name}"), role=role, team_id=team, password_hash=_hash())
    session.add(person)
    session.flush()
    return person


def _content(session: Session, world: World) -> None:
    seed = json.loads(json.dumps(seed_entries(ROOT / "data")[0], default=str))
    body = {**seed, "id": "entry", "titles": poisoned("title"), "answers": poisoned("answer")}
    row = EntryRow(id="entry", topic="health", body=body, seed_hash="", head=0, live=0)
    session.add(row)
    kinds: tuple[Kind, ...] = ("new", "meaning")
    for kind in kinds:
        revisions.add(session, row, {**body, "to_check": ["ar"]}, Reason(kind, poison("why"), world.people["editor"].id))
    row.responsible_id = world.people["editor"].id
    row.body = {**body, "check_again_on": "2026-01-01"}
    session.add(Link(url=f"https://{poison('link')}", state="broken", error=poison("linkerror")))
    row.reviewer_id = world.people["manager"].id
    row.stage = "review"
    said = Comment(entry_id="entry", text=poison("comment"), by=row.responsible_id)
    session.add(said)
    session.flush()
    session.add(CommentMention(comment_id=said.id, staff_id=world.people["manager"].id))
    world.ids |= {"entry_id": "entry", "revision": "2", "comment_id": str(said.id)}
    description = poisoned("description")
    session.add(Organization(id="org", names=poisoned("org"), website=poison("website"), email=poison("orgmail"), description=description))
    session.flush()
    said: dict[str, object] = {name: poisoned(name) for name in ("names", "offers", "audience", "warnings", "documents", "cost")}
    said |= {"verified_by": poison("checker"), "eligible": [poison("tag")]}
    said["special_hours"] = [{"first": "2027-03-10", "last": "2027-03-10", "hours": "", "name": poison("special")}]
    lists = {"categories": ["clinic"], "languages": ["fr"], "covers": ["agadir"], "phones": [{"number": poison("phone")}]}
    lists["sources"] = [{"url": f"https://{poison('link')}"}]
    words = {"town_name": poison("town"), "address": poison("address"), "attribution": poison("attribution"), "hours": poison("hours")}
    service = Service(id="service", organization_id="org", town="agadir", verified="verified", **said, **lists, **words)
    session.add(service)
    versions.keep(session, [session.get_one(Organization, "org"), service])
    service.town_name = poison("othertown")
    versions.keep(session, [service], versions.imported(poison("file"), str(world.people["editor"].id)))
    owner, first, last = session.scalars(select(DirectoryVersion).order_by(DirectoryVersion.id))
    world.ids |= {"row_id of services": str(first.id), "row_id of organizations": str(owner.id), "row_id of imports": str(last.id)}


def _said(session: Session, conversation: Conversation, world: World) -> None:
    """Words, a place, a contact, and a file."""
    bodies = (
        {"kind": "text", "text": poison("message")},
        {"kind": "contact", "text": "+212600112233"},
        {"kind": "location", "latitude": 30.42, "longitude": -9.6},
        {"kind": "media", "text": poison("caption"), "media": "document"},
    )
    for body in bodies:
        row = InboundRow(channel="webchat", provider_id=str(uuid.uuid4()), conversation_id=conversation.id, state="done")
        row.body_sealed = vault(session).seal(body)
        row.guesses = ["entry"]
        session.add(row)
        session.flush()
    kept = vault(session).seal_bytes(b"<script>pwn</script>"), vault(session).seal("reference")
    file = MediaRow(inbound_id=row.id, channel="webchat", kind="document", mime="text/plain", state="kept")
    file.content_sealed, file.reference_sealed = kept
    session.add(file)
    session.flush()
    world.ids["media_id"] = str(file.id)
    conversation.unreachable, conversation.form = poison("unreachable"), "fr"


def _answered(session: Session, conversation: Conversation, worker: Staff, world: World) -> None:
    outbox.add(session, conversation, [Reply(poison("bot"), "fr", (Button(poison("button"), "menu"),))])
    outbox.add(session, conversation, [Reply(poison("reply"), "fr", actor="person")], staff_id=worker.id)
    session.execute(update(OutboundRow).values(state="sent"))
    dead = OutboundRow(conversation_id=conversation.id, actor="person", epoch=conversation.epoch, state="dead", staff_id=worker.id)
    dead.error, dead.body_sealed = poison("error"), vault(session).seal({"text": poison("dead"), "form": "fr"})
    session.add(dead)
    session.flush()
    world.ids["row_id of undelivered"] = str(dead.id)


def _asked(session: Session, conversation: Conversation, world: World) -> None:
    cluster = Cluster(centre=b"", state="answered", entry_id="entry", by=world.people["editor"].id, decided_at=datetime.now(timezone.utc))
    session.add(cluster)
    session.flush()
    inbound = session.scalars(select(InboundRow.id).filter_by(conversation_id=conversation.id)).first()
    row = Unanswered(conversation_id=conversation.id, inbound_id=inbound, cluster_id=cluster.id, why="unsure", form="fr", nearest="entry")
    row.text_sealed, row.place, row.topic = vault(session).seal(poison("asked")), poison("place"), "health"
    session.add(row)
    world.ids |= {"row_id of unanswered": str(cluster.id), "name of asked": "topic", "name of trends": "topic"}


def _case(session: Session, case: Case, worker: Staff, world: World) -> None:
    case.topic, case.place, case.facts_sealed = "entry", poison("place"), vault(session).seal({"entry": "entry", "place": poison("told")})
    note = Note(case_id=case.id, staff_id=worker.id, body_sealed=vault(session).seal(poison("note")))
    shared = {
        "service": poison("service"),
        "form": "fr",
        "told": poison("shared"),
        "shared": dict.fromkeys(("name", "note"), poison("sharedname")),
    }
    referral = Referral(
        case_id=case.id, service_id="service", staff_id=worker.id, state="agreed", shared_sealed=vault(session).seal(shared)
    )
    draft = Draft(staff_id=worker.id, case_id=case.id, body_sealed=vault(session).seal(poison("draft")))
    gone = Referral(
        case_id=case.id, staff_id=worker.id, state="sent", shared_sealed=referral.shared_sealed
    )  # its service left the directory
    session.add_all((note, referral, gone, draft))
    session.flush()
    session.add_all(Mention(note_id=note.id, staff_id=person.id) for person in world.people.values())
    holiday = Holiday(kind="holiday", first=date(2027, 3, 10), last=date(2027, 3, 11), names=poisoned("holiday"))
    session.add(holiday)
    session.flush()
    world.ids |= {"referral_id": str(referral.id), "service_id": "service", "organization_id": "org", "row_id of holidays": str(holiday.id)}


def _team(session: Session, worker: Staff, world: World) -> None:
    now, today = datetime.now(timezone.utc), date.today()
    canned = Canned(team_id=1, name=poison("canned"), bodies=poisoned("body"), changed_by=worker.id)
    day = TeamDay(team_id=1, first=today, last=today, name=poison("day"))
    shift = OnCall(team_id=1, staff_id=worker.id, starts_at=now, ends_at=now + timedelta(days=1))
    notice = Notice(
        key="notice", kind="assigned", case_id=int(world.ids["case_id"]), staff_id=worker.id, way="email", target=poison("target")
    )
    notice.state, notice.error = "dead", poison("noticeerror")
    session.add_all((canned, day, shift, notice))
    session.flush()
    world.ids |= {"row_id of canned": str(canned.id), "row_id of days": str(day.id), "row_id of on_call": str(shift.id)}
    world.ids |= {"notice_id": str(notice.id), "team_id": "1", "name of practice": "wages", "name of reports": "course"}


def _accounts(session: Session, world: World) -> None:
    boss, worker = world.people["administrator"], world.people["caseworker"]
    token = invite(session, boss, Wanted("invited@example.org", poison("invited"), "caseworker", 1))
    sessions.start(session, worker, poison("agent"))
    audit.record(session, poison("actor"), poison("action"), f"staff:{poison('subject')}", {poison("key"): poison("value")})
    opened = session.scalars(select(StaffSession.id)).one()
    world.ids |= {"token": token, "token_hash": sessions.digest(token), "staff_id": str(worker.id), "session_id": str(opened)}
    world.ids |= {"name of static": "console.css", "lang": "ar"}
