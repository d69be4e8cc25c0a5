"""The pages of teams: who may open them, what they save, what they refuse, and the button "I am away"."""

import re
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import select, update

from bot.clock import TIME_ZONE
from bot.db import Database
from bot.faq.days import today
from bot.tables import EntryRow, OnCall, Staff, Team, TeamDay
from tests.console.conftest import Browser, Enter
from tests.story import new_team

OFFICE = {f"opens_{n}_0": "09:00" for n in range(5)} | {f"closes_{n}_0": "12:30" for n in range(5)}
AFTERNOONS = {f"opens_{n}_1": "14:00" for n in range(5)} | {f"closes_{n}_1": "18:00" for n in range(5)}
STORED = "Mo-Fr 09:00-12:30,14:00-18:00"


@pytest.fixture
def lead(enter: Enter) -> Browser:
    return enter("Latifa", "supervisor")


@pytest.fixture
def boss(enter: Enter) -> Browser:
    return enter("Hassan", "administrator")


@pytest.fixture
def other(db: Database) -> int:
    """Another team."""
    return new_team(db, "Santé")


def team(db: Database, number: int = 1) -> Team:
    with db.begin() as session:
        return session.get_one(Team, number)


def rows(db: Database, table: type) -> list:
    with db.begin() as session:
        return list(session.scalars(select(table)))


# --- Who


def test_a_supervisor_is_led_to_the_own_team(lead):
    answer = lead.get("/teams")
    assert answer.url.path == "/console/teams/1" and "<h1><bdi>Dalil</bdi></h1>" in answer.text


def test_the_list_is_for_who_manages_all_teams(boss, lead, other):
    assert "Santé" in boss.get("/teams").text and "Santé" not in lead.get("/teams").text


FORMS = ("hours", "minutes", "places", "days", "on_call")


def test_a_supervisor_opens_no_other_team_and_changes_none(lead, other, db: Database):
    assert lead.get(f"/teams/{other}").status_code == 404
    forms = {"hours": OFFICE, "days": {"first": str(today()), "closed": "1"}, "minutes": {"before": "60,60,5", "first": "1"}}
    for form in FORMS:
        assert lead.post(f"/teams/{other}/{form}", **forms.get(form, {})).status_code in (404, 422)
    for form in ("days", "on_call"):
        assert lead.post(f"/teams/{other}/{form}/1/remove").status_code == 404
    assert (team(db, other).hours, team(db, other).first_answer_minutes, rows(db, TeamDay)) == ("", 60, [])


def test_a_refusal_does_not_show_another_team(lead, other):
    answer = lead.post(f"/teams/{other}/days", first="x")
    assert answer.status_code == 404 and "Santé" not in answer.text


def test_who_does_not_lead_gets_in_nowhere(amina, editor):
    for browser in (amina, editor):
        for path in ("/teams", "/teams/1"):
            assert browser.get(path).status_code == 403
        for form in (*FORMS, "name", "topics"):
            assert browser.post(f"/teams/1/{form}").status_code == 403


def test_name_and_topics_are_not_for_a_supervisor(lead, db: Database):
    page = lead.get("/teams/1").text
    assert 'id="name"' not in page and 'id="topics"' not in page
    assert lead.post("/teams/1/name", before="Dalil", name="X").status_code == 403
    assert lead.post("/teams/1/topics", before="").status_code == 403
    assert lead.post("/teams", name="X").status_code == 403


def test_forms_without_the_token_change_nothing(lead, db: Database):
    assert lead.post("/teams/1/hours", csrf="x", **OFFICE).status_code == 403
    assert lead.post("/away", csrf="x", away="yes").status_code == 403
    assert team(db).hours == ""


# --- Hours


def test_the_week_is_saved_and_shown_again(lead, db: Database):
    answer = lead.post("/teams/1/hours", before="", **OFFICE, **AFTERNOONS, closed_6="1", holidays="1")
    assert answer.status_code == 200 and team(db).hours == f"{STORED}; PH off"
    shown = dict(re.findall(r'name="((?:opens|closes)_\d_\d)" type="text" value="([^"]*)"', answer.text))
    assert {key: value for key, value in shown.items() if value} == {**OFFICE, **AFTERNOONS}
    assert re.search(r'name="closed_6" value="1" checked', answer.text) and re.search(r'name="holidays" value="1" checked', answer.text)
    assert "Enregistré." in answer.text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"closes_2_0": ""}, "Il faut les deux heures"),
        ({"opens_2_0": "13:00"}, "La fin est avant le début"),
        ({"opens_2_1": "12:00", "closes_2_1": "18:00"}, "Les deuxièmes heures commencent"),
    ],
)
def test_nonsense_is_refused_at_its_day_and_what_was_typed_stays(lead, db: Database, wrong: dict[str, str], words: str):
    answer = lead.post("/teams/1/hours", before="", **{**OFFICE, **wrong})
    day = answer.text.split('id="day-2"')[1].split("</fieldset>")[0]
    assert answer.status_code == 422 and words in day and words not in answer.text.replace(day, "")
    assert 'name="opens_3_0" type="text" value="09:00"' in answer.text and team(db).hours == ""


def test_a_week_that_is_never_open_is_refused(lead):
    answer = lead.post("/teams/1/hours", before="", **{f"closed_{n}": "1" for n in range(7)})
    assert answer.status_code == 422 and "n’ouvre jamais" in answer.text


def test_what_a_colleague_saved_meanwhile_is_not_overwritten_unseen(lead, db: Database):
    with db.begin() as session:
        session.execute(update(Team).values(hours="Mo 10:00-11:00"))
    answer = lead.post("/teams/1/hours", before="", **OFFICE)
    assert answer.status_code == 409 and team(db).hours == "Mo 10:00-11:00"
    assert "Mo 10:00-11:00" in answer.text and 'name="opens_3_0" type="text" value="09:00"' in answer.text
    before = re.search(r'id="hours-form".*?name="before" value="([^"]*)"', answer.text, re.S)
    assert before
    assert lead.post("/teams/1/hours", before=before.group(1), **OFFICE).status_code == 200
    assert team(db).hours == "Mo-Fr 09:00-12:30"


def test_hours_that_the_table_cannot_show_are_kept_as_they_are(lead, db: Database):
    hours = "Mo-Fr 09:00-18:00; Aug off"
    with db.begin() as session:
        session.execute(update(Team).values(hours=hours))
    page = lead.get("/teams/1").text
    assert f'name="hours" type="text" value="{hours}"' in page and 'name="opens_0_0"' not in page.split('id="days"')[0]
    assert lead.post("/teams/1/hours", before=hours, hours="whenever").status_code == 422
    assert lead.post("/teams/1/hours", before=hours, hours="Mo-Fr 08:00-16:00").status_code == 200
    assert 'name="opens_0_0" type="text" value="08:00"' in lead.get("/teams/1").text


def test_what_is_so_now_is_said(lead, db: Database):
    assert "Horaires inconnus" in lead.get("/teams/1").text
    with db.begin() as session:
        session.execute(update(Team).values(hours="24/7"))
        session.add(TeamDay(team_id=1, first=today() + timedelta(1), last=today() + timedelta(1)))
    assert re.search(r"Ouvert maintenant, jusqu’à \S+", lead.get("/teams/1").text)
    with db.begin() as session:
        session.add(TeamDay(team_id=1, first=today(), last=today()))
    assert re.search(r"Fermé maintenant, jusqu’à \S+", lead.get("/teams/1").text)


# --- Other days


def test_other_days_are_added_shown_and_removed(lead, db: Database):
    answer = lead.post(
        "/teams/1/days", first=str(today()), last=str(today() + timedelta(29)), name="<b>Ramadan", opens_0="09:00", closes_0="15:00"
    )
    row = rows(db, TeamDay)[0]
    assert (row.first, row.last, row.hours, row.name) == (today(), today() + timedelta(29), "09:00-15:00", "<b>Ramadan")
    assert "&lt;b&gt;Ramadan" in answer.text and "09:00–15:00" in answer.text and "<b>Ramadan" not in answer.text
    lead.post(f"/teams/1/days/{row.id}/remove")
    assert rows(db, TeamDay) == []


def test_one_day_needs_one_date(lead, db: Database):
    lead.post("/teams/1/days", first=str(today()), last="", closed="1")
    row = rows(db, TeamDay)[0]
    assert (row.first, row.last, row.hours) == (today(), today(), "")


@pytest.mark.parametrize(
    ("filled", "words"),
    [
        ({"first": "", "closed": "1"}, "Il faut une date"),
        ({"first": "31/12/2026", "closed": "1"}, "Il faut une date"),
        ({"first": 0}, "Donnez des heures"),
        ({"first": 0, "opens_0": "10:00", "closes_0": "09:00"}, "La fin est avant le début"),
        ({"first": 0, "last": -1, "closed": "1"}, "Le dernier jour est avant le premier"),
    ],
)
def test_days_that_make_no_sense_are_refused(lead, db: Database, filled: dict[str, str | int], words: str):
    """A number is a day, counted from today."""
    sent = {key: str(today() + timedelta(said)) if isinstance(said, int) else said for key, said in filled.items()}
    answer = lead.post("/teams/1/days", name="Aïd", **sent)
    assert answer.status_code == 422 and words in answer.text and 'value="Aïd"' in answer.text and rows(db, TeamDay) == []


# --- Minutes, addresses, name, topics


def test_minutes_are_saved(lead, db: Database):
    lead.post("/teams/1/minutes", before="60,60,5", first="30", next="20", urgent="2")
    found = team(db)
    assert (found.first_answer_minutes, found.next_answer_minutes, found.urgent_minutes) == (30, 20, 2)


@pytest.mark.parametrize("first", ["", "0", "-1", "1.5", "x", "99999", "٣٠"])
def test_other_things_than_minutes_are_refused(lead, db: Database, first: str):
    answer = lead.post("/teams/1/minutes", before="60,60,5", first=first, next="20", urgent="2")
    assert answer.status_code == 422 and "minutes entières" in answer.text and f'value="{first}"' in answer.text


@pytest.mark.parametrize("before", ["", "1,2", "59,60,5", "a,b,c", "60,60,5,5"])
def test_minutes_of_an_old_page_are_refused(lead, db: Database, before: str):
    assert lead.post("/teams/1/minutes", before=before, first="30", next="20", urgent="2").status_code == 409
    assert team(db).first_answer_minutes == 60


def test_addresses_are_saved(lead, db: Database):
    answer = lead.post(
        "/teams/1/places", before_email="", before_telegram_group="", email="equipe@example.org", telegram_group="-1001234567"
    )
    assert (team(db).email, team(db).telegram_group) == (
        "equipe@example.org",
        "-1001234567",
    ) and 'value="equipe@example.org"' in answer.text


def test_a_team_is_made_named_and_given_topics(boss, db: Database):
    with db.begin() as session:
        for topic in ("health", "work"):
            session.add(EntryRow(id=topic, topic=topic, body={}, seed_hash=""))
    answer = boss.post("/teams", name="Santé")
    number = int(answer.url.path.split("/")[-1])
    boss.post(f"/teams/{number}/topics", before="", topics="health")
    boss.post(f"/teams/{number}/name", before="Santé", name="Santé et soins")
    assert (team(db, number).name, team(db, number).topics) == ("Santé et soins", ["health"])
    page = boss.get("/teams/1").text
    assert re.search(r'value="health"\s+disabled', page) and not re.search(r'value="work"\s+disabled', page)


def test_a_name_is_taken_once_and_what_was_typed_stays(boss, other, db: Database):
    answer = boss.post("/teams", name="Santé")
    assert answer.status_code == 422 and "porte déjà ce nom" in answer.text and 'value="Santé"' in answer.text
    assert boss.post("/teams/1/name", before="Dalil", name="Santé").status_code == 422 and team(db).name == "Dalil"


# --- On call


def local(hours: int) -> str:
    return (datetime.now(TIME_ZONE) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


def person(db: Database, email: str = "amina@example.org") -> Staff:
    with db.begin() as session:
        return session.scalars(select(Staff).filter_by(email=email)).one()


def test_on_call_is_planned_in_moroccos_time_shown_and_removed(lead, db: Database):
    starts = datetime.now(TIME_ZONE).replace(second=0, microsecond=0, tzinfo=None)
    answer = lead.post("/teams/1/on_call", staff=str(person(db).id), starts=starts.isoformat(), ends=local(8))
    row = rows(db, OnCall)[0]
    assert row.starts_at == starts.replace(tzinfo=TIME_ZONE).astimezone(timezone.utc)
    assert re.search(r"Maintenant : \S?Amina", answer.text)
    lead.post(f"/teams/1/on_call/{row.id}/remove")
    assert rows(db, OnCall) == [] and "Personne n’est d’astreinte" in lead.get("/teams/1").text


@pytest.mark.parametrize(
    ("filled", "words"),
    [
        ({"staff": ""}, "Choisissez une personne"),
        ({"starts": ""}, "Il faut un début et une fin"),
        ({"ends": "9999-12-31T23:59"}, "au plus 31 jours"),
        ({"starts": "0001-01-01T00:00"}, "au plus 31 jours"),
        ({"ends": local(-1)}, "La fin est avant le début"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(lead, db: Database, filled: dict[str, str], words: str):
    form = {"staff": str(person(db).id), "starts": local(0), "ends": local(2), **filled}
    answer = lead.post("/teams/1/on_call", **form)
    assert answer.status_code == 422 and words in answer.text and rows(db, OnCall) == []


def test_nobody_of_another_team_is_put_on_call(lead, enter: Enter, other, db: Database):
    enter("Omar", team_id=other)
    answer = lead.post("/teams/1/on_call", staff=str(person(db, "omar@example.org").id), starts=local(0), ends=local(2))
    assert answer.status_code == 422 and "ne répond pas dans cette équipe" in answer.text and "Omar" not in answer.text


# --- Who is there


def test_the_page_says_who_is_there(lead, db: Database):
    with db.begin() as session:
        session.execute(update(Staff).where(Staff.name == "Amina").values(seen_at=datetime.now(timezone.utc)))
        session.execute(update(Staff).where(Staff.name == "Brahim").values(away=True))
        session.execute(update(Staff).where(Staff.name == "Latifa").values(seen_at=None))
    page = re.sub(r"\s+", " ", lead.get("/teams/1").text.split('id="members"')[1].split("</section>")[0])
    found = re.findall(r'<bdi>(\w+)</bdi> <span class="tag[^"]*">([^<]+)<', page)
    assert found == [("Amina", "Présent"), ("Brahim", "Absent"), ("Latifa", "Aucune page ouverte")]


def test_away_is_chosen_in_the_header_and_leads_back(amina, db: Database):
    assert "Je m’absente" in amina.get("/").text
    answer = amina.post("/away", away="yes", back="/console/undelivered")
    assert answer.url.path == "/console/undelivered" and "Je suis de retour" in answer.text and person(db).away
    answer = amina.post("/away", away="no", back="//evil.example")
    assert answer.url.path == "/console/" and "Je m’absente" in answer.text and not person(db).away


def test_with_the_script_only_the_button_comes_back(amina, db: Database):
    form = {"csrf": amina.csrf, "away": "yes", "back": "/console/"}
    answer = amina.client.post("/console/away", data=form, headers={"X-Console": "1"})
    assert "Je suis de retour" in answer.text and "<html" not in answer.text and 'value="no"' in answer.text


def test_who_does_not_answer_has_no_such_button(editor):
    assert "Je m’absente" not in editor.get("/account").text
    assert editor.post("/away", away="yes").status_code == 403
