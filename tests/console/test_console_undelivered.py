"""What became of each message, what was given up, and another try."""

import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from bot.db import Database
from bot.errors import WindowClosed
from bot.handoff import cases, undelivered
from bot.messages import Reply
from bot.messaging import conversations, outbox, reasons
from bot.tables import AuditRow, Case, Conversation, OutboundRow, Staff

NOT_AGAIN = "Ce message n’a pas été renvoyé"
STALE = "La conversation a changé de mains depuis"


@pytest.mark.parametrize(
    "state, delivery, words",
    [
        ("queued", "", "en cours d’envoi"),
        ("held", "", "attend que la personne écrive"),
        ("sent", "", "envoyé"),
        ("sent", "sent", "envoyé"),
        ("sent", "failed", "envoyé"),  # sent once more after the failure that was reported
        ("sent", "delivered", "remis"),
        ("sent", "read", "lu"),
        ("queued", "failed", "en cours d’envoi"),
        ("held", "failed", "attend que la personne écrive"),
    ],
)
def test_a_caseworker_sees_what_became_of_each_message(amina, ask, db: Database, state, delivery, words):
    number = _replied(amina, ask)
    _set(db, state=state, delivery=delivery)
    page = amina.get(f"/cases/{number}").text
    assert re.search(rf'<p class="delivery \w+">{words}</p>', page) and "Renvoyer" not in page


def test_a_message_that_was_given_up_says_why_and_can_be_sent_again(amina, ask, db: Database):
    number = _replied(amina, ask)
    row_id = _set(db, state="dead", error="Twilio 63024", attempts=5)
    page = amina.get(f"/cases/{number}").text
    assert "N’a pas pu être remis (la personne nous a bloqués)" in page and "Twilio" not in page
    answer = amina.post(f"/cases/{number}/again", row=str(row_id))
    assert answer.status_code == 200 and "en cours d’envoi" in answer.text and "Twilio" not in answer.text
    with db.begin() as session:
        row = session.get_one(OutboundRow, row_id)
        assert (row.state, row.attempts) == ("queued", 0)
    assert _resent(db) == [(f"message:{row_id}", {"case": number})]


def test_the_second_of_two_is_told_that_it_is_on_its_way(amina, ask, db: Database):
    number = _replied(amina, ask)
    row_id = _set(db, state="dead")
    answers = [amina.post(f"/cases/{number}/again", row=str(row_id)) for _ in range(2)]
    assert [a.status_code for a in answers] == [200, 409] and NOT_AGAIN in answers[1].text
    answer = amina.post(f"/undelivered/{row_id}")
    assert answer.status_code == 409 and NOT_AGAIN in answer.text and len(_resent(db)) == 1


def test_of_two_at_the_same_time_one_sends_it_again(amina, brahim, ask, db: Database):
    row_id = _bot_gave_up(db, ask())
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda who: who.post(f"/undelivered/{row_id}").status_code, (amina, brahim)))
    assert sorted(answers) == [200, 409] and len(_resent(db)) == 1


def test_nobody_takes_the_case_while_a_message_is_being_sent_again(amina, ask, db: Database):
    number = ask()
    row_id = _bot_gave_up(db, number)
    with db.begin() as session:
        undelivered.send_again(session, session.scalars(select(Staff).filter_by(name="Amina")).one(), row_id)
        with pytest.raises(OperationalError), db.begin() as other:
            other.get_one(Conversation, cases.get(session, number).conversation_id, with_for_update={"nowait": True})


def test_of_the_words_of_the_bot_trouble_and_waiting_is_shown_and_nothing_when_they_are_sent(amina, ask, db: Database):
    number = ask()
    row_id = _bot_gave_up(db, number, "Bonjour du robot")
    page = amina.get(f"/cases/{number}").text
    assert "Bonjour du robot" in page and f'id="again-{row_id}"' in page and "N’a pas pu être remis" in page
    assert "en cours d’envoi" in amina.post(f"/cases/{number}/again", row=str(row_id)).text
    with db.begin() as session:
        session.execute(update(OutboundRow).values(state="sent", delivery="read"))
    assert 'class="delivery' not in amina.get(f"/cases/{number}").text


def test_words_of_the_bot_are_not_sent_again_after_the_conversation_changed_hands(amina, ask, db: Database):
    number = ask()
    row_id = _bot_gave_up(db, number, "trop tard")
    amina.post(f"/cases/{number}/take")
    for page in (amina.get(f"/cases/{number}").text, amina.get("/undelivered").text):
        assert "trop tard" in page and STALE in page and "Renvoyer" not in page
    answer = amina.post(f"/undelivered/{row_id}")
    assert answer.status_code == 409 and _state(db, row_id) == "dead" and _resent(db) == []


def test_where_a_colleague_answers_nothing_is_sent_again(amina, brahim, ask, db: Database):
    number = _replied(amina, ask)
    row_id = _set(db, state="dead")
    for path in (f"/cases/{number}", "/undelivered"):
        assert "Renvoyer" not in brahim.get(path).text and "Renvoyer" in amina.get(path).text
    assert "Amina" in brahim.get("/undelivered").text.split(f'id="row-{row_id}"')[1]
    for answer in (brahim.post(f"/cases/{number}/again", row=str(row_id)), brahim.post(f"/undelivered/{row_id}")):
        assert answer.status_code == 409 and "Ce n’est pas vous qui répondez" in answer.text
    assert _state(db, row_id) == "dead" and _resent(db) == []


def test_a_row_of_another_conversation_is_not_sent_from_this_case(amina, ask, db: Database):
    here, there = ask(), ask()
    row_id = _bot_gave_up(db, there)
    assert amina.post(f"/cases/{here}/again", row=str(row_id)).status_code == 409 and _state(db, row_id) == "dead"


def test_the_page_lists_the_newest_first_and_links_the_case(amina, ask, db: Database):
    assert "Aucun envoi n’a été abandonné" in amina.get("/undelivered").text and 'id="to-undelivered"' not in amina.get("/").text
    number = _replied(amina, ask, "mot de l’intervenante")
    first = _set(db, state="dead", error="Twilio 63016")
    second = _bot_gave_up(db, ask(), "mot du robot")
    page = amina.get("/undelivered").text
    assert re.findall(r'<li id="row-(\d+)"', page) == [str(second), str(first)]
    line = page.split(f'id="row-{first}"')[1]
    assert all(
        words in line for words in ("<bdi>Amina</bdi>", "Chat du site", "plus d’un jour", "mot de l’intervenante", "<time datetime=")
    )
    assert f'href="/console/cases/{number}#out-{first}"' in line
    assert re.search(r'id="to-undelivered"[^>]*aria-current="page"[^>]*>Non remis : \S?2', page)
    assert re.search(r'id="undelivered" data-part.*Non remis : \S?2', amina.get("/queue").text)
    assert page.count('id="undelivered"') == amina.get("/").text.count('id="undelivered"') == 1


def test_without_a_case_the_words_are_not_shown(amina, db: Database):
    row_id = _without_case(db, "mots privés")
    page = amina.get("/undelivered").text
    assert f'id="row-{row_id}"' in page and "WhatsApp" in page and "Robot" in page
    assert "mots privés" not in page and f'id="case-of-{row_id}"' not in page
    answer = amina.post(f"/undelivered/{row_id}")
    assert answer.url.path == "/console/undelivered" and f'id="row-{row_id}"' not in answer.text
    assert _state(db, row_id) == "queued" and _resent(db) == [(f"message:{row_id}", {})]


def test_what_the_bot_said_after_the_end_of_a_case_is_not_shown(amina, ask, db: Database):
    number = ask()
    amina.post(f"/cases/{number}/take")
    amina.post(f"/cases/{number}/close", outcome="answered")
    row_id = _bot_gave_up(db, number, "seulement pour la personne")
    page = amina.get("/undelivered").text
    assert f'id="row-{row_id}"' in page and "seulement pour la personne" not in page and f'id="case-of-{row_id}"' not in page


def test_strangers_editors_and_forms_without_the_token_change_nothing(amina, visitor, editor, ask, db: Database):
    number = ask()
    row_id = _bot_gave_up(db, number, "mot du robot")
    assert visitor.get("/undelivered", follow_redirects=False).headers["location"].startswith("/console/sign-in")
    assert visitor.post(f"/undelivered/{row_id}").url.path == "/console/sign-in"
    assert editor.get("/undelivered").status_code == 403 and 'id="to-undelivered"' not in editor.get("/").text
    assert "Renvoyer" not in editor.get(f"/cases/{number}").text
    answers = [editor.post(path, row=str(row_id)) for path in (f"/undelivered/{row_id}", f"/cases/{number}/again")]
    answers += [amina.post(f"/undelivered/{row_id}", csrf="x"), amina.post(f"/cases/{number}/again", row=str(row_id), csrf="x")]
    assert [a.status_code for a in answers] == [403] * 4
    assert _state(db, row_id) == "dead" and _resent(db) == []


@pytest.mark.parametrize("name", ["0", "x", "99999999999999999999"])
def test_numbers_that_name_no_message_are_not_found(amina, ask, name):
    number = ask()
    assert amina.post(f"/undelivered/{name}").status_code == 404
    assert amina.post(f"/cases/{number}/again", row=name).status_code in (404, 409)
    assert amina.post("/undelivered/999").status_code == 409


def test_a_person_who_cannot_be_reached_is_said(amina, ask, db: Database):
    number = ask()
    assert 'id="unreachable"' not in amina.get(f"/cases/{number}").text
    with db.begin() as session:
        session.execute(update(Conversation).values(unreachable="bot was <blocked>"))
    page = amina.get(f"/cases/{number}/thread").text
    assert re.search(r"pas joignable pour le moment : \S?la personne nous a bloqués", page)


def test_a_notice_that_an_answer_waits_is_named(amina, ask, db: Database):
    number = ask()
    with db.begin() as session:
        conversation = conversations.get(session, session.get_one(Case, number).conversation_id)
        outbox.after_failure(session, conversation.id, WindowClosed("the person wrote more than a day ago"))
    assert "dit à la personne qu’une réponse l’attend" in amina.get(f"/cases/{number}").text


def _replied(who, ask, words: str = "allo") -> int:
    number = ask()
    who.post(f"/cases/{number}/take")
    who.post(f"/cases/{number}/reply", text=words)
    return number


def _set(db: Database, **values) -> int:
    """Change the last row of a caseworker."""
    with db.begin() as session:
        last = select(func.max(OutboundRow.id)).filter_by(actor="person").scalar_subquery()
        return session.scalars(update(OutboundRow).where(OutboundRow.id == last).values(**values).returning(OutboundRow.id)).one()


def _bot_gave_up(db: Database, number: int, words: str = "mot du robot") -> int:
    with db.begin() as session:
        return _give_up(session, conversations.get(session, cases.get(session, number).conversation_id), words)


def _without_case(db: Database, words: str) -> int:
    with db.begin() as session:
        conversation_id = conversations.find_or_create(session, "whatsapp", str(uuid.uuid4()))
        return _give_up(session, conversations.get(session, conversation_id), words)


def _give_up(session, conversation: Conversation, words: str) -> int:
    outbox.add(session, conversation, [Reply(words, "fr")])
    last = session.scalars(select(OutboundRow).order_by(OutboundRow.id.desc()).limit(1)).one()
    last.state, last.error = "dead", "Twilio 63024"
    return last.id


def _state(db: Database, row_id: int) -> str:
    with db.begin() as session:
        return session.get_one(OutboundRow, row_id).state


def _resent(db: Database) -> list[tuple[str, dict]]:
    with db.begin() as session:
        rows = list(session.scalars(select(AuditRow).filter_by(action="message.resent").order_by(AuditRow.id)))
        assert all(session.get(Staff, uuid.UUID(row.actor)) for row in rows)
        return [(row.subject, row.data) for row in rows]


def test_what_was_noted_is_counted_no_more_and_stays_in_its_thread(amina, brahim, ask, db: Database):
    number = _replied(amina, ask)
    row_id = _set(db, state="dead", error="blocked by the person")
    page = amina.get("/undelivered").text
    assert "la personne nous a bloqués" in page and f'id="note-{row_id}"' in page and 'id="to-undelivered"' in page
    answers = [someone.post(f"/undelivered/{row_id}/note") for someone in (brahim, amina)]
    assert 'id="to-undelivered"' not in answers[0].text and answers[1].status_code == 409
    with db.begin() as session:
        noted = select(AuditRow.subject, AuditRow.data).filter_by(action="message.noted")
        assert session.execute(noted).tuples().all() == [(f"message:{row_id}", {"case": number})]
    assert "N’a pas pu être remis" in amina.get(f"/cases/{number}").text
    assert "en cours d’envoi" in amina.post(f"/cases/{number}/again", row=str(row_id)).text


@pytest.mark.parametrize(
    ("error", "key"),
    [
        ("blocked by the person", "blocked"),
        ("Forbidden: bot was blocked by the user", "blocked"),
        ("Forbidden: user is deactivated", "gone"),
        ("Chat not found", "gone"),
        ("Twilio 63003", "gone"),
        ("63016: the person wrote more than a day ago", "window"),
        ("Telegram did not answer", "silent"),
        ("ConnectionError", "silent"),
        ("Twilio 30008", "refused"),
        ("", ""),
    ],
)
def test_what_a_provider_says_has_a_word_in_each_language(error: str, key: str):
    assert reasons.key(error) == key
