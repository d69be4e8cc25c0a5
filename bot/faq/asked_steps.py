"""What editors do with a cluster: its messages become questions of an entry, as a draft, or it is ignored; and how that is undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import NotFound, Refused
from bot.faq import editing, entries, revisions, workflow
from bot.faq.entries import Entry
from bot.faq.workflow import Change
from bot.handoff import audit
from bot.language.forms import FORMS, Form
from bot.language.normalize import normalize
from bot.privacy.redact import bare
from bot.privacy.vault import vault
from bot.tables import AuditRow, Cluster, EntryRow, Staff, Unanswered


@dataclass(frozen=True)
class Chosen:
    """Messages of a cluster that an editor ticked."""

    cluster_id: int
    ids: Sequence[int]


class Reopened(NamedTuple):
    """The entry of which they were questions, and whether its draft still has them: somebody went on with it."""

    entry_id: str = ""
    left: bool = False


def add_questions(session: Session, person: Staff, chosen: Chosen, entry_id: str) -> None:
    """The messages become example questions of this entry, as a draft; what it has already is left out."""
    cluster, said = _locked(session, chosen.cluster_id), _said(session, chosen)
    if session.get(EntryRow, entry_id) is None:
        raise Refused("asked.no_entry")
    if entry_id in entries.archived(session):
        raise Refused("asked.archived")
    _answered(session, person, cluster, (entry_id, _save(session, person, entry_id, said)))


def new_entry(session: Session, person: Staff, chosen: Chosen, wanted: tuple[str, str, Form]) -> str:
    """A draft with these questions; `wanted`: title, topic, and the form that it is written in first. Returns its id."""
    cluster, said = _locked(session, chosen.cluster_id), _said(session, chosen)
    title, topic, form = wanted
    row = editing.new(session, person, (title, ""), topic, form)
    session.flush()
    _answered(session, person, cluster, (row.id, _save(session, person, row.id, said)))
    return row.id


def ignore(session: Session, person: Staff, cluster_id: int) -> None:
    """It is listed no more, whoever asks it again."""
    cluster = _locked(session, cluster_id)
    _decide(cluster, person, "ignored")
    audit.record(session, str(person.id), "asked.ignored", f"cluster:{cluster_id}")


def reopen(session: Session, person: Staff, cluster_id: int) -> Reopened:
    """It is listed again; what it put into a draft is taken back, unless somebody went on with that."""
    cluster = _locked(session, cluster_id)
    entry_id = cluster.entry_id if cluster.state == "answered" else None
    found = _taken_back(session, person, cluster) if entry_id else Reopened()
    _decide(cluster, person, "open")
    cluster.entry_id = None
    audit.record(session, str(person.id), "asked.reopened", f"cluster:{cluster_id}")
    return found


def _taken_back(session: Session, person: Staff, cluster: Cluster) -> Reopened:
    entry_id, number = str(cluster.entry_id), _revision_of(session, cluster)
    if not number:
        return Reopened()
    row = session.get_one(EntryRow, entry_id, with_for_update=True, populate_existing=True)
    said = _added(revisions.get(session, entry_id, number).body, revisions.get(session, entry_id, number - 1).body)
    body = revisions.get(session, entry_id, row.head).body
    there = [(form, text) for form, text in said if text in (body.get("questions") or {}).get(form, [])]
    if row.live >= number or there != said:
        return Reopened(entry_id if there else "", bool(there))
    workflow.save(session, person, entry_id, Change(_without(body, said), "minor", row.head, revisions.noted("taken_back")))
    return Reopened(entry_id)


def _revision_of(session: Session, cluster: Cluster) -> int:
    """The revision that its messages made; 0: none, the entry had them already."""
    query = select(AuditRow.data).filter_by(subject=f"cluster:{cluster.id}", action="asked.answered").order_by(AuditRow.id.desc())
    return int((session.scalars(query.limit(1)).first() or {}).get("revision", 0))


def _added(body: Entry, before: Entry) -> list[tuple[str, str]]:
    known = before.get("questions") or {}
    return [(form, text) for form, lines in (body.get("questions") or {}).items() for text in lines if text not in known.get(form, [])]


def _without(body: Entry, said: Sequence[tuple[str, str]]) -> Entry:
    left = {form: [text for text in lines if (form, text) not in said] for form, lines in (body.get("questions") or {}).items()}
    return {**body, "questions": {form: lines for form, lines in left.items() if lines}}


def _locked(session: Session, cluster_id: int) -> Cluster:
    found = session.get(Cluster, cluster_id, with_for_update=True)
    if found is None:
        raise NotFound("There is no such cluster.")
    return found


def _said(session: Session, chosen: Chosen) -> list[tuple[Form, str]]:
    """Form and words, without the marks of what was taken out. Of a form that is none of ours there can be no question."""
    mine = select(Unanswered).where(Unanswered.id.in_(chosen.ids), Unanswered.cluster_id == chosen.cluster_id, Unanswered.form.in_(FORMS))
    rows = session.scalars(mine.order_by(Unanswered.id)).all()
    if not rows:
        raise Refused("asked.none_chosen")
    return [(form, bare(vault(session).unseal(row.text_sealed))) for row in rows for form in FORMS if form == row.form]


def _save(session: Session, person: Staff, entry_id: str, said: Sequence[tuple[Form, str]]) -> int:
    """The number of the new revision; 0: it had them all."""
    head = workflow.head(session, entry_id)
    body = with_questions(head.body, said)
    if body == head.body:
        return 0
    editing.check(body)
    return workflow.save(session, person, entry_id, Change(body, "minor", head.number, revisions.noted("asked"))).number


def with_questions(body: Entry, said: Sequence[tuple[Form, str]]) -> Entry:
    """The entry with these questions behind its own, each once."""
    questions = {form: list(lines) for form, lines in (body.get("questions") or {}).items()}
    for form, text in said:
        mine = questions.setdefault(form, [])
        if normalize(text) not in map(normalize, mine):
            mine.append(" ".join(text.split()))
    return {**body, "questions": questions}


def _answered(session: Session, person: Staff, cluster: Cluster, became: tuple[str, int]) -> None:
    """`became`: the entry, and its new revision."""
    entry_id, number = became
    _decide(cluster, person, "answered")
    cluster.entry_id = entry_id
    audit.record(session, str(person.id), "asked.answered", f"cluster:{cluster.id}", {"entry": entry_id, "revision": number})


def _decide(cluster: Cluster, person: Staff, state: str) -> None:
    cluster.state, cluster.by, cluster.decided_at = state, person.id, datetime.now(timezone.utc)
