"""What people asked in vain: the list, the two clicks to a question or a new answer, ignoring, and figures without small groups."""

import re
from collections.abc import Callable
from datetime import date
from threading import Event
from typing import Any

import pytest
from sqlalchemy import select

from bot.db import Database
from bot.faq import clusters, entries, reviews, workflow
from bot.messages import PRACTICE
from bot.settings import ROOT, Settings
from bot.tables import Cluster, EntryRow, Unanswered
from bot.understanding.corpus import seed_entries
from bot.understanding.features import Vectors
from bot.understanding.index import Index, folder_of
from channels.gathering import Gathering
from console import entries as content
from tests.console.conftest import Browser
from tests.story import Somebody, seen

HUNGRY = (("fr", "où trouver à manger gratuitement"), ("ary-Latn", "fin nl9a lmakla fabor"), ("ar", "أين أجد الطعام مجانا"))
LOST = ("fr", "je m'appelle Awa Diallo, mon chien est perdu, 0612345678")


@pytest.fixture
def settings() -> Settings:
    """With the real content."""
    return Settings(data_dir=ROOT / "data")


@pytest.fixture
def gather(db: Database, settings: Settings, index: Index) -> Callable[[], int]:
    """What the job beside the sender does."""
    job = Gathering(db, settings)
    job._space = clusters.Space.of(index, Vectors(folder_of(Settings())))
    return lambda: job.once(Event())


@pytest.fixture
def desk(editor: Browser, db: Database, gather: Callable[[], int]) -> Browser:
    """An editor; three people asked for food in vain, one lost a dog, one practised."""
    with db.begin() as session:
        entries.import_entries(session, seed_entries(ROOT / "data"))
    for form, text in (*HUNGRY, LOST):
        ask(db, form, text)
    ask(db, "fr", "exercice", channel=PRACTICE)
    gather()
    return editor


def ask(db: Database, form: str, text: str, channel: str = "webchat") -> None:
    somebody = Somebody(db, channel)
    somebody.write(text)
    somebody.turn(understanding=seen("clarify", form=form, candidates=[("school_enrol", 0.31)], place="agadir"))


def numbers(page: str) -> list[int]:
    return [int(n) for n in re.findall(r'id="cluster-(\d+)"', page)]


def first(desk: Browser) -> int:
    return numbers(desk.get("/unanswered").text)[0]


def messages(db: Database, cluster_id: int) -> dict[str, int]:
    with db.begin() as session:
        return {row.form: row.id for row in session.scalars(select(Unanswered).filter_by(cluster_id=cluster_id))}


def step(desk: Browser, cluster_id: int, name: str, **fields: Any) -> Any:
    return desk.client.post(f"/console/unanswered/{cluster_id}/{name}", data={"csrf": desk.csrf, **fields}, follow_redirects=False)


def test_what_most_people_asked_stands_first_in_all_its_forms(desk: Browser) -> None:
    page = desk.get("/unanswered").text
    assert len(numbers(page)) == 2 and page.index("fin nl9a") < page.index("mon chien")
    assert '<q dir="rtl" lang="ar">أين أجد الطعام مجانا</q>' in page and "exercice" not in page
    assert "Awa" not in page and "0612345678" not in page


def test_filters_and_states_narrow_the_list(desk: Browser) -> None:
    assert numbers(desk.get("/unanswered?form=ar&place=agadir&why=unsure&days=7").text) == [first(desk)]
    for other in ("form=en", "place=tiznit", "why=no_help", "topic=work", "state=ignored", "state=answered", "page=2"):
        assert numbers(desk.get(f"/unanswered?{other}").text) == []


def test_above_the_answers_stands_how_many_wait_here_and_for_checking(desk: Browser, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a phone both pages are in the drawer."""
    monkeypatch.setattr(content, "today", lambda: date(2027, 11, 22))  # later than every day of the starting content
    with db.begin() as session:
        due = reviews.count_overdue(session, None, date(2027, 11, 22))

    def chips() -> dict[str, int]:
        page = desk.get("/content").text.partition('class="views waiting"')[2].partition("</nav>")[0]
        return {name: int(n) for name, n in re.findall(r'href="/console/(\w+)">.*?class="number">(\d+)<', page, re.DOTALL)}

    waiting = len(numbers(desk.get("/unanswered").text))
    assert chips() == {"unanswered": waiting, "reviews": due} and waiting and due
    step(desk, first(desk), "ignore")
    assert chips()["unanswered"] == waiting - 1


def test_new_messages_are_announced_until_they_are_sorted(desk: Browser, db: Database, gather: Callable[[], int]) -> None:
    ask(db, "en", "where is free food")
    assert 'id="waiting"' in desk.get("/unanswered").text
    assert gather() == 1 and 'id="waiting"' not in desk.get("/unanswered").text


def test_two_clicks_make_questions_of_an_answer(desk: Browser, db: Database) -> None:
    mine = first(desk)
    page = desk.get(f"/unanswered/{mine}").text
    assert page.count('name="chosen"') == 3 == page.count("checked")
    said = messages(db, mine)
    gone = step(desk, mine, "question", entry="school_enrol", chosen=[str(said["fr"]), str(said["ar"])])
    assert gone.headers["location"] == f"/console/unanswered?added=school_enrol&of={mine}"
    page = desk.get(f"/unanswered?added=school_enrol&of={mine}").text
    assert 'href="/console/content/entry/school_enrol"' in page and f'action="/console/unanswered/{mine}/reopen"' in page
    assert "demandé par les gens" in desk.get("/content/entry/school_enrol/revisions").text
    with db.begin() as session:
        head = workflow.head(session, "school_enrol")
        assert (head.kind, head.why) == ("minor", "revision_why.asked")
        assert head.body["questions"]["fr"][-1] == HUNGRY[0][1] and head.body["questions"]["ar"][-1] == HUNGRY[2][1]
        assert HUNGRY[1][1] not in head.body["questions"]["ary-Latn"]
    assert mine not in numbers(desk.get("/unanswered").text) and mine in numbers(desk.get("/unanswered?state=answered").text)


def test_the_nearest_answer_is_named_on_its_button_and_no_answer_is_chosen_already(desk: Browser, db: Database) -> None:
    mine = first(desk)
    page = desk.get(f"/unanswered/{mine}").text
    assert 'name="nearest" value="school_enrol"' in page and "selected" not in page.partition('id="entry"')[2].partition("</select>")[0]
    gone = step(desk, mine, "question", nearest="school_enrol", entry="", chosen=[str(messages(db, mine)["fr"])])
    assert gone.headers["location"] == f"/console/unanswered?added=school_enrol&of={mine}"


def test_a_message_from_which_something_was_taken_out_is_not_ticked(desk: Browser, db: Database, gather: Callable[[], int]) -> None:
    ask(db, "fr", "je m'appelle Awa, où trouver à manger gratuitement")
    gather()
    page = desk.get(f"/unanswered/{first(desk)}").text
    assert page.count('name="chosen"') == 4 and page.count("checked") == 3


def test_two_clicks_make_a_new_answer(desk: Browser, db: Database) -> None:
    mine = first(desk)
    chosen = [str(i) for i in messages(db, mine).values()]
    gone = step(desk, mine, "entry", title="Manger gratuitement", topic="housing", source_form="fr", chosen=chosen)
    assert gone.headers["location"] == "/console/content/entry/manger_gratuitement?saved=1"
    with db.begin() as session:
        row = session.get_one(EntryRow, "manger_gratuitement")
        assert (row.state, row.topic) == ("draft", "housing")
        assert {form: len(said) for form, said in workflow.head(session, row.id).body["questions"].items()} == {
            "fr": 1,
            "ary-Latn": 1,
            "ar": 1,
        }
    assert "manger_gratuitement" in desk.get(f"/unanswered/{mine}").text


@pytest.mark.parametrize(
    ("name", "fields", "problem"),
    [
        ("question", {"entry": "school_enrol"}, "au moins un message"),
        ("question", {"entry": "no_such_entry", "chosen": "all"}, "Choisissez une réponse"),
        ("entry", {"title": "", "topic": "housing", "chosen": "all"}, "titre"),
        ("entry", {"title": "Manger", "topic": "no_such_topic", "chosen": "all"}, "thème"),
    ],
)
def test_what_is_refused_comes_back_with_what_was_filled_in(
    desk: Browser, db: Database, name: str, fields: dict[str, Any], problem: str
) -> None:
    mine = first(desk)
    chosen = [str(messages(db, mine)["fr"])] if fields.get("chosen") else []
    answer = step(desk, mine, name, **{**fields, "chosen": chosen})
    assert answer.status_code == 422 and problem in answer.text.lower() + answer.text
    assert answer.text.count("checked") == len(chosen)
    with db.begin() as session:
        assert session.get_one(Cluster, mine).state == "open"


def test_ignored_ones_stay_ignored_until_somebody_takes_it_back(desk: Browser, db: Database, gather: Callable[[], int]) -> None:
    mine = first(desk)
    assert step(desk, mine, "ignore").headers["location"] == f"/console/unanswered?ignored={mine}"
    ask(db, "en", "where can i find free food")
    gather()
    assert mine not in numbers(desk.get("/unanswered").text)
    page = desk.get("/unanswered?state=ignored").text
    assert numbers(page) == [mine] and "Redemandé depuis" in page
    assert step(desk, mine, "reopen").headers["location"] == f"/console/unanswered/{mine}"
    assert mine in numbers(desk.get("/unanswered").text)


def test_undoing_takes_the_questions_out_of_the_draft_or_says_where_they_still_are(desk: Browser, db: Database) -> None:
    mine = first(desk)
    chosen = [str(i) for i in messages(db, mine).values()]
    step(desk, mine, "question", entry="school_enrol", chosen=chosen)
    back = step(desk, mine, "reopen").headers["location"]
    assert back == f"/console/unanswered/{mine}?back=school_enrol"
    assert re.search(
        r'id="reopened" class="strip ok".*?href="/console/content/entry/school_enrol"', desk.get(back.removeprefix("/console")).text
    )
    with db.begin() as session:
        assert HUNGRY[0][1] not in workflow.head(session, "school_enrol").body["questions"]["fr"]
    step(desk, mine, "question", entry="school_enrol", chosen=chosen)
    with db.begin() as session:
        entries.put_live(session, session.get_one(EntryRow, "school_enrol"), workflow.head(session, "school_enrol"))
    left = step(desk, mine, "reopen").headers["location"]
    assert 'id="reopened" class="strip warn"' in desk.get(left.removeprefix("/console")).text


def test_an_archived_answer_is_not_offered_and_takes_no_questions(desk: Browser, db: Database) -> None:
    mine = first(desk)
    with db.begin() as session:
        session.get_one(EntryRow, "school_enrol").state = "archived"
    assert 'value="school_enrol"' not in desk.get(f"/unanswered/{mine}").text
    answer = step(desk, mine, "question", nearest="school_enrol", chosen=[str(messages(db, mine)["fr"])])
    assert answer.status_code == 422 and "archivée" in answer.text


def test_a_cluster_that_is_gone_is_not_found(desk: Browser) -> None:
    assert desk.get("/unanswered/999").status_code == 404 and step(desk, 999, "ignore").status_code == 404


def test_the_web_process_reads_no_index_for_the_page(desk: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the encoder was asked")

    monkeypatch.setattr("bot.understanding.features._use", never)
    assert desk.get("/unanswered").status_code == desk.get(f"/unanswered/{first(desk)}").status_code == 200


# --- Figures


def test_figures_hide_small_groups_from_everybody(desk: Browser, db: Database, enter: Callable[..., Browser]) -> None:
    boss = enter("Samira", "supervisor")
    for reader, road in ((desk, "/unanswered/trends"), (boss, "/reports/asked")):
        page = reader.get(road)
        assert page.status_code == 200 and "moins de 5" in page.text
        sheet = reader.get(f"{road}/form.csv").content.decode("utf-8-sig")
        assert "Français" in sheet and not re.search(r";[1-4];", sheet)
    for _ in range(5):
        ask(db, "fr", "encore une question")
    assert re.search(r"Français;7;0", boss.get("/reports/asked/form.csv").text) or "Français" in boss.get("/reports/asked/form.csv").text


def test_editors_and_readers_of_reports_each_have_their_own_way(desk: Browser, amina: Browser, enter: Callable[..., Browser]) -> None:
    assert desk.get("/reports/asked").status_code == 403 == enter("Samira", "supervisor").get("/unanswered/trends").status_code
    assert amina.get("/unanswered").status_code == 403 == amina.get("/unanswered/trends").status_code
    assert desk.get("/unanswered/trends/secret.csv").status_code == 404
    assert desk.get("/unanswered/trends?first=x&last=y").status_code == 422
