"""Of whom a review is asked and who is named in a comment: who can be, when it is over, who is told of it, and how often."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from bot.db import Database
from bot.errors import Conflict, NotFound, Refused
from bot.exchange import leaving
from bot.exchange.leaving import Wanted
from bot.faq import asking, comments, content_settings, entries, listing, workflow
from bot.faq.asking import ANYBODY, Ask
from bot.faq.days import today
from bot.faq.listing import Shelf
from bot.faq.rules import book
from bot.faq.workflow import Change
from bot.handoff import notice_queue
from bot.handoff.notice_queue import Letter
from bot.tables import AuditRow, Comment, CommentMention, EntryRow, Notice, Revision, Staff
from bot.understanding.corpus import seed_entries
from tests.bot.handoff.noticed import WORDING, change_team, done, letters, rows, told
from tests.story import DATA, AtOnce, hire, result, until, waiting_for_a_lock

ID, OTHER = "school_enrol", "school_fees"
ALL: list[dict[str, Any]] = json.loads(json.dumps(list(seed_entries(DATA)), default=str))
BODY = {**next(seed for seed in ALL if seed["id"] == ID), "related": []}
SEEDS = [BODY, {**BODY, "id": OTHER}]
Person = Callable[..., Staff]


@pytest.fixture
def editor(db: Database) -> Person:
    def new(name: str, role: str = "editor", **more: Any) -> Staff:
        return hire(db, name, role, **{"email": f"{name.split()[0].lower()}@example.org", **more})

    return new


@pytest.fixture
def nadia(editor: Person) -> Staff:
    return editor("Nadia Alaoui")


@pytest.fixture
def samira(editor: Person) -> Staff:
    return editor("Samira Benali")


@pytest.fixture
def omar(editor: Person) -> Staff:
    return editor("Omar")


@pytest.fixture(autouse=True)
def draft(db: Database, nadia: Staff) -> None:
    """Nadia changed the meaning of an answer that is live."""
    with db.begin() as session:
        entries.import_entries(session, SEEDS)
    save(db, nadia, "Oui. C'est gratuit.", 1)


def save(db: Database, person: Staff, answer: str, seen: int, kind: Any = "meaning") -> None:
    with db.begin() as session:
        body = workflow.head(session, ID).body
        workflow.save(session, person, ID, Change({**body, "answers": {**body["answers"], "fr": answer}}, kind, seen))


def ask(db: Database, person: Staff, of: Staff | None, waited: str = "", seen: int = 2) -> None:
    with db.begin() as session:
        asking.ask(session, person, Ask(ID, seen, str(of.id) if of else "", waited))


def row(db: Database) -> EntryRow:
    with db.begin() as session:
        return session.get_one(EntryRow, ID)


def say(db: Database, person: Staff, text: str) -> int:
    with db.begin() as session:
        return comments.add(session, person, ID, ("", text)).id


def for_me(db: Database, person: Staff) -> list[str]:
    with db.begin() as session:
        return [line.id for line in Shelf().lines(session, person) if "for_me" in line.views(today())]


def four_eyes(db: Database, person: Staff) -> None:
    with db.begin() as session:
        content_settings.put(session, person, "four_eyes", True)


def mails(db: Database) -> list[Letter]:
    return list(letters(db))


# --- Who can be asked


def test_a_review_of_anybody_is_addressed_to_nobody(db: Database, nadia: Staff, samira: Staff) -> None:
    ask(db, nadia, None)
    assert (row(db).stage, row(db).reviewer_id, asking.waits(row(db))) == ("review", None, ANYBODY)
    assert told(db) == [] and for_me(db, samira) == []


def test_who_is_asked_finds_it_and_is_told_once(db: Database, nadia: Staff, samira: Staff, omar: Staff) -> None:
    ask(db, nadia, samira)
    ask(db, nadia, samira)
    assert (row(db).stage, row(db).reviewer_id) == ("review", samira.id)
    assert [for_me(db, who) for who in (samira, omar, nadia)] == [[ID], [], []]
    assert told(db) == told(db, "review_asked") == ["samira@example.org"]
    with db.begin() as session:
        steps = select(AuditRow.action, AuditRow.data["of"].as_string()).filter_by(subject=f"entry:{ID}").order_by(AuditRow.id)
        assert session.execute(steps).tuples().all()[1:] == [("entry.to_review", None), ("entry.review_asked", str(samira.id))]


@pytest.mark.parametrize("who", ["oneself", "a caseworker", "who left", "nobody"])
def test_only_a_colleague_who_may_publish_is_asked(db: Database, nadia: Staff, editor: Person, who: str) -> None:
    people = {"oneself": nadia, "a caseworker": editor("Amina", "caseworker"), "who left": editor("Left", active=False)}
    of = str(people[who].id) if who in people else "x"
    with pytest.raises(Refused, match=r"entry\.not_asked"), db.begin() as session:
        asking.ask(session, nadia, Ask(ID, 2, of))
    assert row(db).stage == "draft" and told(db) == []


def test_where_other_eyes_must_publish_an_author_is_not_asked(db: Database, nadia: Staff, samira: Staff, omar: Staff) -> None:
    save(db, omar, "Oui.", 2)
    with db.begin() as session:
        assert [person.name for person in asking.able(session, session.get_one(EntryRow, ID))] == [nadia.name, omar.name, samira.name]
    four_eyes(db, samira)
    with db.begin() as session:
        assert [person.name for person in asking.able(session, session.get_one(EntryRow, ID))] == [samira.name]
    with pytest.raises(Refused, match=r"entry\.not_asked"):
        ask(db, nadia, omar, seen=3)
    ask(db, nadia, samira, seen=3)
    assert row(db).reviewer_id == samira.id


def test_who_is_asked_and_writes_it_themselves_is_not_waited_for(db: Database, nadia: Staff, samira: Staff) -> None:
    four_eyes(db, nadia)
    ask(db, nadia, samira)
    save(db, samira, "Oui !", 2, "minor")
    assert row(db).reviewer_id == samira.id, "a slip of the pen bars nobody"
    save(db, samira, "Non.", 3)
    assert (row(db).stage, row(db).reviewer_id) == ("review", None)


def test_anybody_who_may_publish_still_may(db: Database, nadia: Staff, samira: Staff, omar: Staff) -> None:
    ask(db, nadia, samira)
    with db.begin() as session:
        workflow.publish(session, omar, ID, 2, book(DATA))
    assert (row(db).stage, row(db).reviewer_id) == ("published", None) and for_me(db, samira) == []


# --- When it is over


@pytest.mark.parametrize("step", [workflow.send_back, workflow.archive])
def test_a_review_that_is_over_waits_for_nobody(db: Database, nadia: Staff, samira: Staff, step: Callable[..., None]) -> None:
    ask(db, nadia, samira)
    with db.begin() as session:
        step(session, samira, ID, 2)
    assert (row(db).stage, row(db).reviewer_id) == ("draft", None)
    assert for_me(db, samira) == [] == mails(db), "what was not told yet is not told any more"


def test_a_translation_that_comes_meanwhile_changes_nobody(db: Database, nadia: Staff, samira: Staff, omar: Staff) -> None:
    ask(db, nadia, samira)
    save(db, omar, "Oui !", 2, "minor")
    assert row(db).reviewer_id == samira.id


def test_going_back_to_the_answer_before_ends_the_review(db: Database, nadia: Staff, samira: Staff) -> None:
    ask(db, nadia, samira)
    with db.begin() as session:
        workflow.roll_back(session, nadia, session.get_one(EntryRow, ID), session.get_one(Revision, (ID, 1)))
    assert row(db).reviewer_id is None


def test_who_keeps_content_no_more_is_not_waited_for(db: Database, nadia: Staff, samira: Staff) -> None:
    ask(db, nadia, samira)
    with db.begin() as session:
        session.execute(update(Staff).where(Staff.id == samira.id).values(role="caseworker"))
    with db.begin() as session:
        found = next(line for line in Shelf().lines(session, samira) if line.id == ID)
        assert asking.reviewer(session, session.get_one(EntryRow, ID)) is None and found.reviewer_id is None and not found.asked
    assert mails(db) == []


def test_an_account_that_is_erased_takes_its_name_and_nothing_else(db: Database, nadia: Staff, editor: Person) -> None:
    gone = editor("Karim")
    ask(db, nadia, gone)
    say(db, nadia, "@Karim ?")
    with db.begin() as session:
        session.execute(delete(Staff).where(Staff.id == gone.id))
    assert (row(db).stage, row(db).reviewer_id) == ("review", None)
    with db.begin() as session:
        assert [comment.text for comment in comments.listed(session, ID)] == ["@Karim ?"]
        assert list(session.scalars(select(CommentMention))) == [] == list(session.scalars(select(Notice)))


# --- Two people at once


def test_it_is_asked_again_of_somebody_else(db: Database, nadia: Staff, samira: Staff, omar: Staff) -> None:
    ask(db, nadia, samira)
    ask(db, samira, omar, waited=str(samira.id))
    assert row(db).reviewer_id == omar.id and for_me(db, samira) == []
    assert [letter.target for letter in mails(db)] == ["omar@example.org"], "it is not hers any more"
    ask(db, nadia, None, waited=str(omar.id))
    assert (row(db).stage, row(db).reviewer_id) == ("review", None)


def test_a_page_from_before_asks_nobody(db: Database, nadia: Staff, samira: Staff, omar: Staff) -> None:
    ask(db, nadia, samira)
    for of in (omar, None):
        with pytest.raises(Conflict, match=r"entry\.asked_meanwhile"):
            ask(db, nadia, of)
    with db.begin() as session:
        workflow.send_back(session, samira, ID, 2)
    with pytest.raises(Conflict, match=r"entry\.asked_meanwhile"):
        ask(db, nadia, omar, waited=str(samira.id))
    assert (row(db).stage, row(db).reviewer_id) == ("draft", None)
    with pytest.raises(Conflict, match=r"entry\.changed"):
        ask(db, nadia, samira, seen=1)


def test_of_two_who_ask_at_once_one_is_told(db: Database, nadia: Staff, samira: Staff, omar: Staff) -> None:
    with AtOnce() as both:
        with db.begin() as first:
            asking.ask(first, nadia, Ask(ID, 2, str(samira.id)))
            second = both.start(ask, db, samira, omar)
            until(lambda: waiting_for_a_lock(db) == 1)
        with pytest.raises(Conflict, match=r"entry\.asked_meanwhile"):
            result(second)
    assert row(db).reviewer_id == samira.id and told(db) == ["samira@example.org"]


def test_nothing_is_asked_of_what_does_not_exist_or_is_live_already(db: Database, nadia: Staff, samira: Staff) -> None:
    with pytest.raises(NotFound), db.begin() as session:
        asking.ask(session, nadia, Ask("nothing", 1, str(samira.id)))
    with pytest.raises(Conflict, match=r"entry\.nothing_new"), db.begin() as session:
        asking.ask(session, nadia, Ask(OTHER, 1, str(samira.id)))


# --- Names in comments


def test_who_is_named_finds_it_until_they_answer(db: Database, nadia: Staff, samira: Staff, omar: Staff) -> None:
    say(db, nadia, "@Samira 500 dirhams, c'est juste ? Écris à info@example.org.")
    assert [for_me(db, who) for who in (samira, omar, nadia)] == [[ID], [], []]
    assert told(db) == told(db, "comment_named") == ["samira@example.org"]
    say(db, omar, "Je ne sais pas.")
    assert for_me(db, samira) == [ID]
    say(db, samira, "Oui.")
    assert for_me(db, samira) == [] == mails(db)
    say(db, nadia, "@samira benali et en 2027 ?")
    assert for_me(db, samira) == [ID]


def test_who_is_named_finds_it_until_it_is_settled(db: Database, nadia: Staff, samira: Staff) -> None:
    said = say(db, nadia, "@Samira ?")
    for settled, found in ((True, []), (False, [ID])):
        with db.begin() as session:
            comments.settle(session, nadia, ID, said, settled)
        assert for_me(db, samira) == found


def test_a_comment_on_an_archived_answer_is_found_too(db: Database, nadia: Staff, samira: Staff) -> None:
    say(db, nadia, "@Samira ?")
    with db.begin() as session:
        workflow.archive(session, nadia, ID, 2)
        (line,) = [line for line in Shelf().lines(session, samira) if line.id == ID]
        assert line.views(today()) == {"archived", "for_me"} and listing.counts([line], today())["for_me"] == 1


def test_a_name_that_is_nobodys_is_kept_and_told_to_the_writer(db: Database, nadia: Staff, samira: Staff, editor: Person) -> None:
    editor("Samira Zahra", email="zahra@example.org")
    editor("Amina", "caseworker")
    say(db, nadia, "@Samira @Amina @سميرة @Nadia @12 a@b.org @Samira Zahra : @Jean-Paul, @Jean-Paul")
    with db.begin() as session:
        assert comments.strangers(session, nadia, ID) == ["Samira", "Amina", "سميرة", "Jean-Paul"]
        assert comments.strangers(session, samira, ID) == []
        (said,) = comments.listed(session, ID)
        assert comments.told(session, [said.id]) == {said.id: ("Samira Zahra",)}


def test_of_one_answer_one_notice_is_on_its_way(db: Database, nadia: Staff, samira: Staff) -> None:
    for text in ("@Samira ?", "@Samira !"):
        say(db, nadia, text)
    (first,) = mails(db)
    done(db, first)
    say(db, nadia, "@Samira ?!")
    assert [row.state for row in rows(db)] == ["sent", "queued"]


# --- How it is told


def test_a_notice_says_which_answer_and_nothing_of_it(db: Database, nadia: Staff, editor: Person) -> None:
    for name, language in (("Fr", "fr"), ("Ar", "ar"), ("En", "en")):
        editor(name, language=language)
    say(db, nadia, "@Fr @Ar @En 500 dirhams ?")
    found = mails(db)
    for letter in found:
        assert ID in letter.subject and letter.text.endswith(f"\n\nhttps://dalil.example/console/content/entry/{ID}")
        assert not any(word in letter.subject + letter.text for word in ("500", "Nadia", BODY["titles"]["fr"], BODY["titles"]["ar"]))
    assert {letter.target[:2]: letter.text.split("\n")[0] for letter in found} == {
        "fr": "Un commentaire sur une réponse vous nomme.",
        "ar": "تعليق على أحد الأجوبة يذكر اسمك.",
        "en": "A comment on an answer mentions you.",
    }


def test_who_wants_no_mail_gets_none_and_who_does_not_work_now_later(db: Database, nadia: Staff, editor: Person) -> None:
    editor("Quiet", mail_new=False)
    change_team(db, hours="off")
    ask(db, nadia, editor("Karim"))
    say(db, nadia, "@Quiet @Karim")
    assert told(db) == ["karim@example.org", "karim@example.org"]


def test_a_notice_that_was_given_up_is_shown_to_who_leads_and_sent_again(db: Database, nadia: Staff, samira: Staff, editor: Person) -> None:
    boss = editor("Boss", "administrator")
    ask(db, nadia, samira)
    with db.begin() as session:
        session.execute(update(Notice).values(state="dead"))
    with db.begin() as session:
        ((notice, case),) = notice_queue.dead(session, boss)
        assert (notice.entry_id, case) == (ID, None)
        notice_queue.send_again(session, boss, notice.id)
        assert notice_queue.take(session, "email", WORDING)


# --- Nothing of this leaves with the content


def test_a_file_of_content_names_nobody_of_these(db: Database, nadia: Staff, samira: Staff) -> None:
    ask(db, nadia, samira)
    say(db, nadia, "@Samira Benali 500 dirhams ?")
    with db.begin() as session:
        found = leaving.items(session, Wanted())
        written = repr(found) + repr(leaving.by_topic(found))
        assert not any(word in written for word in ("Samira", "samira", str(samira.id), "reviewer"))
        assert session.scalar(select(Comment.id))


# --- Sent back


def send_back(db: Database, person: Staff, text: str, seen: int = 2) -> int:
    with db.begin() as session:
        workflow.send_back(session, person, ID, seen)
        return comments.send_back(session, person, ID, text).id


def back(db: Database) -> str:
    with db.begin() as session:
        found = comments.sent_back(session, session.get_one(EntryRow, ID))
        return found.text if found else ""


def test_who_wrote_it_and_who_asked_are_told_that_it_came_back(db: Database, nadia: Staff, samira: Staff, omar: Staff) -> None:
    ask(db, omar, None)
    send_back(db, samira, "Et les papiers ?")
    assert sorted(told(db, "comment_named")) == ["nadia@example.org", "omar@example.org"]
    assert [for_me(db, who) for who in (nadia, omar, samira)] == [[ID], [ID], []]


def test_who_is_named_in_it_too_is_told_once(db: Database, nadia: Staff, samira: Staff) -> None:
    ask(db, nadia, samira)
    comment = send_back(db, samira, "@Nadia, et les papiers ?")
    assert told(db, "comment_named") == ["nadia@example.org"]
    with db.begin() as session:
        assert comments.told(session, [comment]) == {comment: ("Nadia Alaoui",)}


def test_who_sends_back_their_own_tells_nobody(db: Database, nadia: Staff) -> None:
    ask(db, nadia, None)
    send_back(db, nadia, "Je me suis trompée.")
    assert told(db, "comment_named") == [] and back(db) == "Je me suis trompée."


@pytest.mark.parametrize("then", ["save", "ask", "settle"])
def test_why_it_came_back_is_said_until_somebody_went_on(db: Database, nadia: Staff, samira: Staff, then: str) -> None:
    assert back(db) == ""
    ask(db, nadia, samira)
    assert back(db) == ""
    say(db, samira, "Je regarde.")
    comment = send_back(db, samira, "Et les papiers ?")
    say(db, samira, "Encore une chose.")
    assert back(db) == "Et les papiers ?"
    if then == "save":
        save(db, nadia, "Oui, avec le passeport.", 2)
    elif then == "ask":
        ask(db, nadia, samira)
    else:
        with db.begin() as session:
            comments.settle(session, nadia, ID, comment, True)
    assert back(db) == ""
