"""What editors do with a cluster: its messages become questions of an entry, as a draft, or it is ignored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import NotFound, Refused
from bot.faq import editing, workflow
from bot.faq.entries import Entry
from bot.faq.workflow import Change
from bot.handoff import audit
from bot.language.forms import FORMS, Form
from bot.language.normalize import normalize
from bot.privacy.redact import bare
from bot.privacy.vault import vault
from bot.tables import Cluster, EntryRow, Staff, Unanswered


@dataclass(frozen=True)
class Chosen:
    """Messages of a cluster that an editor ticked. `why`: what is noted beside the new revision."""

    cluster_id: int
    ids: Sequence[int]
    why: str


def add_questions(session: Session, person: Staff, chosen: Chosen, entry_id: str) -> None:
    """The messages become example questions of this entry, as a draft; what it has already is left out."""
    cluster, said = _locked(session, chosen.cluster_id), _said(session, chosen)
    if session.get(EntryRow, entry_id) is None:
        raise Refused("asked.no_entry")
    _save(session, person, entry_id, (said, chosen.why))
    _answered(session, person, cluster, entry_id)


def new_entry(session: Session, person: Staff, chosen: Chosen, wanted: tuple[str, str, Form]) -> str:
    """A draft with these questions; `wanted`: title, topic, and the form that it is written in first. Returns its id."""
    cluster, said = _locked(session, chosen.cluster_id), _said(session, chosen)
    title, topic, form = wanted
    row = editing.new(session, person, (title, ""), topic, form)
    session.flush()
    _save(session, person, row.id, (said, chosen.why))
    _answered(session, person, cluster, row.id)
    return row.id


def ignore(session: Session, person: Staff, cluster_id: int) -> None:
    """It is listed no more, whoever asks it again."""
    cluster = _locked(session, cluster_id)
    _decide(cluster, person, "ignored")
    audit.record(session, str(person.id), "asked.ignored", f"cluster:{cluster_id}")


def reopen(session: Session, person: Staff, cluster_id: int) -> None:
    cluster = _locked(session, cluster_id)
    _decide(cluster, person, "open")
    cluster.entry_id = None
    audit.record(session, str(person.id), "asked.reopened", f"cluster:{cluster_id}")


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


def _save(session: Session, person: Staff, entry_id: str, what: tuple[list[tuple[Form, str]], str]) -> None:
    head = workflow.head(session, entry_id)
    body = with_questions(head.body, what[0])
    if body != head.body:
        editing.check(body)
        workflow.save(session, person, entry_id, Change(body, "minor", head.number, what[1]))


def with_questions(body: Entry, said: Sequence[tuple[Form, str]]) -> Entry:
    """The entry with these questions behind its own, each once."""
    questions = {form: list(lines) for form, lines in (body.get("questions") or {}).items()}
    for form, text in said:
        mine = questions.setdefault(form, [])
        if normalize(text) not in map(normalize, mine):
            mine.append(" ".join(text.split()))
    return {**body, "questions": questions}


def _answered(session: Session, person: Staff, cluster: Cluster, entry_id: str) -> None:
    _decide(cluster, person, "answered")
    cluster.entry_id = entry_id
    audit.record(session, str(person.id), "asked.answered", f"cluster:{cluster.id}", {"entry": entry_id})


def _decide(cluster: Cluster, person: Staff, state: str) -> None:
    cluster.state, cluster.by, cluster.decided_at = state, person.id, datetime.now(timezone.utc)
