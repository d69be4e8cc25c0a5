"""What editors read of questions asked in vain, what they make of them, and the figures."""

import uuid
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.errors import NotFound, Refused
from bot.faq import asked, asked_steps, asked_trends, entries, workflow
from bot.faq.asked import Sought
from bot.faq.asked_steps import Chosen
from bot.faq.workflow import Change
from bot.handoff.figures import Hidden, Line, Period
from bot.privacy.vault import vault
from bot.tables import AuditRow, Cluster, Conversation, EntryRow, InboundRow, Staff, Unanswered
from tests.content import publish


def body(entry_id: str, **more: Any) -> dict[str, Any]:
    return {"id": entry_id, "topic": "schooling", "titles": {"fr": entry_id}, "answers": {}, "questions": {"fr": ["Une question"]}, **more}


@pytest.fixture
def person(session: Session) -> Staff:
    publish(session, "school_enrol", body("school_enrol"))
    found = Staff(email="z@example.org", name="Zineb", role="editor", password_hash="x", team_id=1)
    session.add(found)
    session.flush()
    return found


def cluster(session: Session, state: str = "open") -> int:
    row = Cluster(centre=b"", state=state, decided_at=None if state == "open" else datetime.now(timezone.utc) - timedelta(days=3))
    session.add(row)
    session.flush()
    return row.id


def conversation(session: Session) -> uuid.UUID:
    row = Conversation(channel="webchat", address_sealed=b"x")
    session.add(row)
    session.flush()
    return row.id


def ask(session: Session, into: int | None, text: str = "où est l'école", ago: float = 0, **more: Any) -> int:
    who = more.pop("who", None) or conversation(session)
    came = InboundRow(channel="webchat", provider_id=str(uuid.uuid4()), conversation_id=who, body_sealed=b"x", state="done")
    session.add(came)
    session.flush()
    values = {"why": "unsure", "form": "fr", "nearest": "school_enrol", "probability": 0.4, "topic": "schooling", **more}
    row = Unanswered(conversation_id=who, inbound_id=came.id, cluster_id=into, text_sealed=vault(session).seal(text), **values)
    row.at = datetime.now(timezone.utc) - timedelta(days=ago)
    session.add(row)
    session.flush()
    return row.id


def people(session: Session, sought: Sought, state: str = "open") -> list[int]:
    return [group.people for group in asked.listed(session, sought, state).groups]


# --- The list


def test_what_most_people_asked_lately_stands_first(session: Session) -> None:
    small, large, old = cluster(session), cluster(session), cluster(session)
    one = conversation(session)
    for n in range(5):
        ask(session, small, who=one)
        ask(session, old, ago=40)
        if n < 2:
            ask(session, large)
    found = asked.listed(session, Sought(), "open").groups
    assert [(group.cluster.id, group.people, group.messages) for group in found] == [(large, 2, 2), (small, 1, 5)]


def test_a_group_says_why_where_in_which_forms_and_what_comes_near(session: Session) -> None:
    mine = cluster(session)
    ask(session, mine, "fin lmdrasa", form="ary-Latn", place="agadir", probability=0.2)
    ask(session, mine, "où est l'école", place="agadir", why="no_help", probability=0)
    ask(session, mine, "أين المدرسة", form="ar", nearest="other", probability=0.1)
    (group,) = asked.listed(session, Sought(), "open").groups
    assert dict(group.counted["why"]) == {"unsure": 2, "no_help": 1} and group.counted["place"] == [("agadir", 2)]
    assert (group.nearest, group.probability) == ("school_enrol", 0.2)
    assert {example.form for example in group.examples} == {"fr", "ar", "ary-Latn"}


def test_each_wording_is_shown_once_and_each_form_early(session: Session) -> None:
    mine = cluster(session)
    ask(session, mine, "where is the school", form="en")
    for _ in range(8):
        ask(session, mine, "Où est l'école ?")
    (group,) = asked.listed(session, Sought(), "open").groups
    assert sorted(example.text for example in group.examples) == ["Où est l'école ?", "where is the school"]


@pytest.mark.parametrize("narrow", [{"form": "ar"}, {"topic": "health"}, {"place": "agadir"}, {"why": "left"}, {"days": 7}])
def test_the_list_is_narrowed(session: Session, narrow: dict[str, Any]) -> None:
    ask(session, cluster(session), ago=10)
    ask(session, cluster(session), ago=1, form="ar", topic="health", place="agadir", why="left")
    assert people(session, Sought(days=30)) == [1, 1] and people(session, Sought(**narrow)) == [1]


def test_states_are_lists_of_their_own_with_who_asked_since(session: Session) -> None:
    ignored, waiting = cluster(session, "ignored"), cluster(session)
    ask(session, ignored, ago=5)
    ask(session, ignored, ago=1)
    ask(session, waiting)
    ask(session, None)
    found = asked.listed(session, Sought(), "ignored")
    assert (found.counts, found.waiting, [group.since for group in found.groups]) == ({"open": 1, "ignored": 1}, 1, [1])


def test_pages_hold_so_many(session: Session) -> None:
    for _ in range(asked.ON_A_PAGE + 1):
        ask(session, cluster(session))
    assert [len(asked.listed(session, Sought(), "open", page).groups) for page in (1, 2, 3)] == [asked.ON_A_PAGE, 1, 0]


def test_the_trend_counts_people_by_week(session: Session) -> None:
    mine, who = cluster(session), conversation(session)
    for _ in range(3):
        ask(session, mine, who=who)
    ask(session, mine, ago=14)
    weeks = asked.one(session, mine).weeks
    assert len(weeks) == asked.WEEKS and weeks[-1][1] == 1 and weeks[-3][1] == 1 and sum(n for _, n in weeks) == 2


def test_there_is_no_cluster_without_messages(session: Session) -> None:
    with pytest.raises(NotFound):
        asked.one(session, cluster(session))


# --- What editors do


def test_messages_become_questions_of_a_draft_in_their_forms(session: Session, person: Staff) -> None:
    mine = cluster(session)
    ids = [
        ask(session, mine, "je m'appelle […] où est l'école"),
        ask(session, mine, "أين المدرسة", form="ar"),
        ask(session, mine, "UNE question!"),
    ]
    asked_steps.add_questions(session, person, Chosen(mine, ids), "school_enrol")
    head, row = workflow.head(session, "school_enrol"), session.get_one(EntryRow, "school_enrol")
    assert head.body["questions"] == {"fr": ["Une question", "je m'appelle où est l'école"], "ar": ["أين المدرسة"]}
    assert (head.kind, head.why, head.by, row.stage, row.live) == ("minor", "revision_why.asked", person.id, "draft", 1)
    done = session.get_one(Cluster, mine)
    assert (done.state, done.entry_id, done.by) == ("answered", "school_enrol", person.id) and done.decided_at


def test_only_ticked_messages_of_this_cluster_are_taken(session: Session, person: Staff) -> None:
    mine, other = cluster(session), cluster(session)
    ask(session, mine, "autre chose")
    ids = [ask(session, mine, "où est l'école"), ask(session, other, "secret")]
    asked_steps.add_questions(session, person, Chosen(mine, ids), "school_enrol")
    assert workflow.head(session, "school_enrol").body["questions"]["fr"] == ["Une question", "où est l'école"]


def test_nothing_ticked_or_no_entry_is_refused(session: Session, person: Staff) -> None:
    mine = cluster(session)
    foreign = ask(session, mine, "gdzie jest szkoła", form="other")
    for ids, entry_id, problem in (
        ([], "school_enrol", "none_chosen"),
        ([foreign], "school_enrol", "none_chosen"),
        ([ask(session, mine)], "gone", "no_entry"),
    ):
        with pytest.raises(Refused, match=problem):
            asked_steps.add_questions(session, person, Chosen(mine, ids), entry_id)
    assert session.get_one(Cluster, mine).state == "open"


def test_questions_that_are_there_already_make_no_revision(session: Session, person: Staff) -> None:
    mine = cluster(session)
    asked_steps.add_questions(session, person, Chosen(mine, [ask(session, mine, "une question")]), "school_enrol")
    assert workflow.head(session, "school_enrol").number == 1 and session.get_one(Cluster, mine).state == "answered"


def test_a_new_entry_is_a_draft_with_the_questions(session: Session, person: Staff) -> None:
    mine = cluster(session)
    ids = [ask(session, mine, "où manger"), ask(session, mine, "fin nakl", form="ary-Latn")]
    entry_id = asked_steps.new_entry(session, person, Chosen(mine, ids), ("Manger gratuitement", "schooling", "fr"))
    head, row = workflow.head(session, entry_id), session.get_one(EntryRow, entry_id)
    assert entry_id == "manger_gratuitement" and (row.state, row.stage, head.kind) == ("draft", "draft", "minor")
    assert head.body["titles"] == {"fr": "Manger gratuitement"} and head.body["questions"] == {
        "fr": ["où manger"],
        "ary-Latn": ["fin nakl"],
    }
    assert session.get_one(Cluster, mine).entry_id == entry_id


def test_ignoring_can_be_undone_and_all_is_in_the_trail(session: Session, person: Staff) -> None:
    mine = cluster(session)
    ask(session, mine)
    asked_steps.ignore(session, person, mine)
    assert (people(session, Sought()), people(session, Sought(), "ignored")) == ([], [1])
    asked_steps.reopen(session, person, mine)
    assert people(session, Sought()) == [1]
    session.flush()
    trail = session.scalars(select(AuditRow).where(AuditRow.subject == f"cluster:{mine}").order_by(AuditRow.id))
    assert [(row.action, row.data) for row in trail] == [("asked.ignored", {}), ("asked.reopened", {})]


def test_the_nearest_answer_is_none_that_was_archived(session: Session, person: Staff) -> None:
    mine = cluster(session)
    for entry in ("school_enrol", "school_enrol", "other"):
        ask(session, mine, nearest=entry)
    session.get_one(EntryRow, "school_enrol").state = "archived"
    session.flush()
    assert asked.one(session, mine).nearest == "other"
    with pytest.raises(Refused, match="archived"):
        asked_steps.add_questions(session, person, Chosen(mine, [ask(session, mine)]), "school_enrol")


def added(session: Session, person: Staff) -> int:
    """A cluster of which two messages are questions of a draft now."""
    mine = cluster(session)
    ids = [ask(session, mine, "où est l'école"), ask(session, mine, "أين المدرسة", form="ar")]
    asked_steps.add_questions(session, person, Chosen(mine, ids), "school_enrol")
    session.flush()
    return mine


def test_reopening_takes_the_questions_back_and_keeps_what_else_was_written(session: Session, person: Staff) -> None:
    mine = added(session, person)
    head = workflow.head(session, "school_enrol")
    workflow.save(session, person, "school_enrol", Change({**head.body, "answers": {"fr": "Oui."}}, "minor", head.number))
    assert asked_steps.reopen(session, person, mine) == ("school_enrol", False)
    head = workflow.head(session, "school_enrol")
    assert head.body["questions"] == {"fr": ["Une question"]} and head.body["answers"] == {"fr": "Oui."}
    assert (head.why, session.get_one(Cluster, mine).state) == ("revision_why.taken_back", "open")
    assert asked_steps.reopen(session, person, mine) == ("", False) and workflow.head(session, "school_enrol").number == head.number


@pytest.mark.parametrize("went_on", ["published", "rewritten", "taken out"])
def test_questions_with_which_somebody_went_on_stay(session: Session, person: Staff, went_on: str) -> None:
    mine = added(session, person)
    head = workflow.head(session, "school_enrol")
    if went_on == "published":
        entries.put_live(session, session.get_one(EntryRow, "school_enrol"), head)
    else:
        left = {"fr": ["Où est l'école ?"], **({"ar": ["أين المدرسة"]} if went_on == "rewritten" else {})}
        workflow.save(session, person, "school_enrol", Change({**head.body, "questions": left}, "minor", head.number))
    before = workflow.head(session, "school_enrol").number
    assert asked_steps.reopen(session, person, mine) == (("", False) if went_on == "taken out" else ("school_enrol", True))
    assert workflow.head(session, "school_enrol").number == before and session.get_one(Cluster, mine).state == "open"


def test_ignoring_after_the_questions_were_added_is_undone_without_touching_them(session: Session, person: Staff) -> None:
    mine = added(session, person)
    asked_steps.ignore(session, person, mine)
    assert asked_steps.reopen(session, person, mine) == ("", False)
    assert len(workflow.head(session, "school_enrol").body["questions"]["fr"]) == 2


# --- Figures


def test_small_groups_are_not_told_and_people_are_counted_once(session: Session) -> None:
    loud = conversation(session)
    for n in range(6):
        ask(session, None, topic="schooling")
        ask(session, None, topic="health", who=loud)
        ask(session, None, topic="work", form="ar" if n else "fr", place="agadir")
    lines = asked_trends.read(session, Period(date.today() - timedelta(days=29), date.today())).tables["topic"]
    assert Line("health", Hidden.FEW, 0) in lines and 6 not in [line.now for line in lines if line.key == "health"]
    assert all(isinstance(line.now, Hidden) or line.now >= 5 for line in lines)


def test_the_period_before_stands_beside(session: Session) -> None:
    for n in range(7):
        ask(session, None, ago=1)
        ask(session, None, ago=35 if n < 5 else 1)
    lines = asked_trends.read(session, Period(date.today() - timedelta(days=29), date.today())).tables["form"]
    assert lines == [Line("fr", 9, 5)]


def test_erased_people_are_no_longer_counted(session: Session) -> None:
    ask(session, None)
    session.execute(delete(Conversation))
    assert session.scalar(select(func.count()).select_from(Unanswered)) == 0
