"""A large database: a year of work of four teams, made inside PostgreSQL from a few sealed bodies, the same for the same numbers."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bot.db import Database
from bot.handoff import notes
from bot.privacy.vault import vault
from bot.staff import accounts
from bot.tables import Case, Staff, Team

PASSWORD = "a long password for tests"
SAID = (
    ("fr", "Bonjour, je n'ai pas reçu mon salaire depuis deux mois, que puis-je faire ?"),
    ("en", "hello, my landlord wants us to leave, where can I go with my child?"),
    ("ar", "مرحبا، ابنتي عمرها سبع سنوات، كيف أسجلها في المدرسة؟"),
    ("ary-Arab", "سلام، بغيت نجدد لاكارط ديالي وما عنديش الكونطرا"),
    ("ary-Latn", "salam, fin n9der nmchi l tbib f Inezgane bla wra9?"),
)
NOTED = (
    "A appelé l'hôpital Hassan II, rendez-vous jeudi à neuf heures",
    "Parle avec son frère, il a les quittances de loyer",
    "Attend la réponse de la délégation de l'éducation",
    "اتصلت بالمدرسة، ننتظر الجواب يوم الاثنين",
    "Passport is with the employer; do not call him",
)
PLACES = ("agadir", "inezgane", "ait_melloul", "tiznit", "taroudant", "")
DANGERS = ("violence", "medical", "arrest", "child_danger")
CROWD = """
CREATE TEMP TABLE crowd ON COMMIT DROP AS
SELECT n, md5('crowd' || n)::uuid AS id, 1 + n % 4 AS team,
  (ARRAY['webchat', 'whatsapp', 'telegram'])[1 + n % 3] AS channel, (CAST(:forms AS text[]))[1 + n % 5] AS form,
  CASE WHEN NOT open THEN 'bot' WHEN n % 5 < 3 THEN 'waiting' ELSE 'person' END AS owner,
  opened, CASE WHEN NOT open THEN opened + interval '1 day' * (0.05 + r * 3) END AS closed,
  CASE n WHEN 1 THEN :longest WHEN 2 THEN 50 ELSE 6 + floor(-ln(1 - r) * :length)::int END AS said
FROM (
  SELECT n, random() AS r, n <= :open AS open,
    now() - CASE WHEN n <= :open THEN interval '4 days' ELSE interval '360 days' END * random() - interval '1 hour' * (n % 3) AS opened
  FROM generate_series(1, :talks) AS n
) AS made
"""
PEOPLE = """
INSERT INTO conversation (id, channel, address_sealed, owner, epoch, form, agreed, created_at, last_inbound_at)
SELECT id, channel, :sealed, owner, 2, form, true, opened - interval '2 hours', coalesce(closed, now()) FROM crowd
"""
CASES = """
INSERT INTO "case" (conversation_id, team_id, reason, urgency, urgent_at, topic, topics, place, form, state, assignee_id,
  outcome, satisfaction, opened_at, taken_at, first_due_at, due_at, answered_at, lease_until, closed_at)
SELECT every.id, team, CASE WHEN danger = '' THEN 'asked' ELSE 'urgent' END, danger, CASE WHEN danger <> '' THEN opened END,
  (CAST(:entries AS text[]))[1 + n % :entry_count],
  CASE WHEN over AND n % 4 > 0 THEN jsonb_build_array((CAST(:topics AS text[]))[1 + n % :topic_count]) ELSE '[]' END,
  (CAST(:places AS text[]))[1 + n % 6], form, CASE WHEN over THEN 'closed' WHEN taken THEN 'taken' ELSE 'waiting' END,
  CASE WHEN taken THEN worker.id END,
  CASE WHEN over THEN (ARRAY['answered', 'referred', 'no_reply', 'handed_back', 'other'])[1 + n % 5] ELSE '' END,
  CASE WHEN over AND n % 3 = 0 THEN 1 + n % 7 % 3 END,
  opened, CASE WHEN taken THEN opened + interval '1 minute' * (n % 173) END, opened + interval '1 hour',
  CASE WHEN NOT over THEN opened + interval '1 hour' END, CASE WHEN taken THEN opened + interval '1 minute' * (5 + n % 251) END,
  CASE WHEN taken AND NOT over THEN now() + interval '10 minutes' END, closed
FROM (
  SELECT n, id, team, form, opened, closed, closed IS NOT NULL AS over, owner <> 'waiting' AS taken,
    CASE WHEN n % 17 = 0 THEN (CAST(:dangers AS text[]))[1 + n % 4] ELSE '' END AS danger FROM crowd
  UNION ALL
  SELECT n, id, team, form, opened - interval '9 days', opened - interval '8 days', true, true, '' FROM crowd WHERE n <= :again
) AS every
JOIN (
  SELECT id, team_id, row_number() OVER (PARTITION BY team_id ORDER BY email) AS r FROM staff WHERE role = 'caseworker'
) AS worker ON worker.team_id = team AND worker.r = 1 + n / 4 % 5
"""
ASKED = """
INSERT INTO inbound (channel, provider_id, conversation_id, body_sealed, form, state, received_at, done_at)
SELECT channel, 'crowd' || n || '.' || k, id, (CAST(:asked AS bytea[]))[1 + (n + k) % 5], form, 'done', at, at
FROM crowd, generate_series(1, said, 2) AS k, LATERAL (SELECT {at} AS at) AS times
"""
ANSWERED = """
INSERT INTO outbound (conversation_id, actor, epoch, body_sealed, state, staff_id, created_at, tried_at, sent_at)
SELECT crowd.id, actor, 2, (CAST(:answered AS bytea[]))[1 + (n + k) % 5], 'sent', CASE WHEN actor = 'person' THEN s.id END, at, at, at
FROM crowd
JOIN (SELECT DISTINCT ON (team_id) team_id, id FROM staff WHERE role = 'caseworker' ORDER BY team_id, email) AS s ON s.team_id = team,
  generate_series(2, said, 2) AS k, LATERAL (SELECT {at} AS at) AS times,
  LATERAL (SELECT CASE WHEN at < opened THEN 'bot' ELSE 'person' END AS actor) AS spoke
"""
AT = "opened - interval '2 hours' + (coalesce(closed, now()) - opened + interval '2 hours') * k / (said + 1)"
NOTES = """
INSERT INTO note (case_id, staff_id, body_sealed, words, at)
SELECT c.id, n.staff_id, n.body_sealed, n.words, c.opened_at
FROM "case" c JOIN (SELECT *, row_number() OVER () AS r FROM note) AS n ON c.id % 10 = n.r
"""
REFERRALS = """
INSERT INTO referral (case_id, staff_id, state, shared_sealed, created_at)
SELECT id, assignee_id, (ARRAY['sent', 'done', 'accepted', 'refused'])[1 + id % 4], '', opened_at
FROM "case" WHERE id % 12 = 0 AND assignee_id IS NOT NULL
"""
VIEWED = """
INSERT INTO audit (actor, action, subject, at)
SELECT coalesce(assignee_id::text, 'bot'), 'case.viewed', 'case:' || id, opened_at + interval '1 hour' * k
FROM "case", generate_series(1, 10) AS k
"""


@dataclass(frozen=True)
class Size:
    """`open`: conversations that wait or are answered; `again`: those that had an earlier case; `length`: messages of one, on average."""

    talks: int = 9_000
    again: int = 1_000
    open: int = 600
    length: int = 49
    longest: int = 5_000


def fill(db: Database, size: Size) -> None:
    """Teams, staff, conversations 1 (the longest) and 2 (50 messages), which wait, and all others."""
    with db.begin() as session:
        people(session)
        session.execute(text("SELECT setseed(0.42)"))
        values = {**_bodies(session), **_content(session)}
        session.execute(text(CROWD), {"forms": [form for form, _ in SAID], **vars(size)})
        for statement in (PEOPLE, CASES, ASKED.format(at=AT), ANSWERED.format(at=AT)):
            session.execute(text(statement), values | vars(size))
    with db.begin() as session:
        first = session.scalars(select(Staff).where(Staff.role == "administrator", Staff.email == email("administrator", 0))).one()
        case = session.scalars(select(Case).limit(1)).one()
        for words in NOTED:
            notes.add(session, first, case, words)
    with db.begin() as session:
        for statement in (NOTES, REFERRALS, VIEWED, "ANALYZE"):
            session.execute(text(statement))


def email(role: str, number: int) -> str:
    return f"{role}-{number}@example.org"


def people(session: Session) -> None:
    """Four teams with five caseworkers and a supervisor each, and one administrator. The same password for all: hashing takes long."""
    for name in ("Inezgane", "Tiznit", "Taroudant"):
        session.add(Team(name=name))
    session.flush()
    first = accounts.create(session, email("administrator", 0), "Salma", "administrator", PASSWORD)
    for role, number in [("caseworker", n) for n in range(20)] + [("supervisor", n) for n in range(4)]:
        session.add(
            Staff(email=email(role, number), name=f"{role} {number}", role=role, team_id=1 + number % 4, password_hash=first.password_hash)
        )
    session.flush()


def _bodies(session: Session) -> dict[str, Any]:
    seal = vault(session).seal
    asked = [seal({"kind": "text", "text": words, "form": form}) for form, words in SAID]
    answered = [seal({"text": words, "form": form, "buttons": [], "ask_location": False}) for form, words in SAID]
    return {"asked": asked, "answered": answered, "sealed": seal("an address")}


def _content(session: Session) -> dict[str, Any]:
    entries = [tuple(row) for row in session.execute(text("SELECT id, topic FROM entry ORDER BY id"))] or [("", "")]
    topics = sorted({topic for _, topic in entries})
    known = {"entries": [i for i, _ in entries], "entry_count": len(entries), "topics": topics, "topic_count": len(topics)}
    return {**known, "places": list(PLACES), "dangers": list(DANGERS)}
