"""Find a place: kind and town are asked for when missing, or the nearest to a shared location; details; next page."""

from datetime import datetime, timezone

from actions.base import DalilAction, Turn, database
from actions.faq import say_other_question
from bot.directory import by_name, search, wishes
from bot.directory.eligibility import spoken
from bot.directory.place import Point
from bot.directory.presentation import details_text, list_text
from bot.errors import NotFound
from bot.messages import Button
from bot.understanding.gazetteer import Gazetteer

COMMON = (
    "health_centre",
    "hospital",
    "foreigners_office",
    "migrant_association",
    "legal_help",
    "school_office",
    "job_office",
    "shelter_food",
)


def _take_up(turn: Turn) -> None:
    """Fill the slots from the button, the location or the text of this turn. A new kind of place starts a new list."""
    if turn.intent == "show_more":
        turn.set(page=int(turn.slots.get("page") or 0) + 1)
        return
    turn.set(page=0, open_only=_open_only(turn), wishes=_wishes(turn))
    if turn.intent == "share_location":
        turn.set(point=[turn.data["latitude"], turn.data["longitude"]], place=None)
    category = turn.data.get("category") or (turn.seen.get("id") if turn.intent == "find_service" else None)
    if category:
        turn.set(category=category)
    place = turn.data.get("place") or turn.seen.get("place")
    if place or turn.data.get("change_place"):
        turn.set(place=place, point=None)


def _open_only(turn: Turn) -> bool:
    """By the button, or as it was written."""
    written = turn.intent == "find_service" and wishes.asks_open_now(turn.written, turn.settings.data_dir)
    return written or turn.intent == "open_only" or (not _was_shown(turn) and bool(turn.slots.get("open_only")))


def _wishes(turn: Turn) -> list[str]:
    """What was written; it stays when only the town or the moment changes."""
    written = wishes.asked(turn.written, turn.settings.data_dir) if turn.intent == "find_service" else []
    is_new = _was_shown(turn) and turn.intent in ("find_service", "choose_category")
    return written or ([] if is_new else turn.slots.get("wishes") or [])


def _was_shown(turn: Turn) -> bool:
    """Until the kind and the town that are asked for are known, what was said before them holds."""
    return bool(turn.slots.get("category") and (turn.slots.get("place") or turn.slots.get("point")))


class FindService(DalilAction):
    def name(self) -> str:
        return "action_find_service"

    def act(self, turn: Turn) -> None:
        _take_up(turn)
        names = Gazetteer.load(turn.settings.data_dir)
        if called := _called(turn, names):
            self._show_called(turn, called)
        elif not turn.slots.get("category"):
            turn.set(pending="category")
            buttons = (Button(names.category_names[c][turn.form], "choose_category", {"category": c}) for c in COMMON)
            turn.say(turn.text("ask_category"), tuple(buttons))
        elif not turn.slots.get("place") and not turn.slots.get("point"):
            turn.set(pending="place")
            towns = (Button(names.town_names[t][turn.form], "choose_place", {"place": t}) for t in names.town_names)
            turn.say(turn.text("ask_place"), tuple(towns), ask_location=True)
        else:
            self._show(turn, names)
        say_other_question(turn)

    def _show_called(self, turn: Turn, hits: list[search.Hit]) -> None:
        if len(hits) == 1:
            turn.say(details_text(hits[0], turn.form, turn.texts), _beside(turn))
        else:
            turn.say(list_text(hits, turn.text("services_called"), turn.form, turn.texts), self._buttons(turn, hits, False))

    def _show(self, turn: Turn, names: Gazetteer) -> None:
        hits, more, unknown = self._search(turn)
        wished = _about(turn, known=True)
        if _wished(turn) and not turn.slots["page"] and (not hits or hits[0].elsewhere):
            wished = _about(turn, known=False)
            turn.set(wishes=[])
            hits, more, unknown = self._search(turn)
        if not hits:
            self._none(turn, names)
            return
        lines = [*wished, list_text(hits, self._head(turn, names, hits), turn.form, turn.texts)]
        lines += [turn.text("open_unknown", n=unknown)] if unknown else []
        turn.say("\n".join(lines), self._buttons(turn, hits, more))

    @staticmethod
    def _head(turn: Turn, names: Gazetteer, hits: list[search.Hit]) -> str:
        category, town = names.category_names[turn.slots["category"]][turn.form], turn.slots.get("place")
        place = names.town_names[town][turn.form] if town else ""
        if town and hits[0].elsewhere:
            return turn.texts.get("open_elsewhere" if turn.slots.get("open_only") else "services_elsewhere", turn.form, place=place)
        none = [turn.texts.get("open_none", turn.form)] if hits[0].unsure and not turn.slots.get("page") else []
        return "\n".join([*none, turn.texts.get("services_head" if town else "services_near", turn.form, category=category, place=place)])

    @staticmethod
    def _search(turn: Turn) -> tuple[list[search.Hit], bool, int]:
        """And how many come later of which nobody knows whether they are open: said once, where a list begins."""
        point = turn.slots.get("point")
        query = search.Query(
            category=turn.slots["category"],
            town=turn.slots.get("place") or "",
            point=Point(*point) if point else None,
            open_at=datetime.now(timezone.utc) if turn.slots.get("open_only") else None,
            page=int(turn.slots.get("page") or 0),
            free=wishes.FREE in _wished(turn),
            language=_language(turn),
            states=("open", "unknown"),
        )
        with database().begin() as session:
            hits, more = search.search(session, query)
            begins = query.open_at is not None and not query.page
            unknown = search.of_unknown_hours(session, query) if begins else 0
        return hits, more, max(0, unknown - sum(hit.unsure and not hit.elsewhere for hit in hits))

    @staticmethod
    def _none(turn: Turn, names: Gazetteer) -> None:
        """Nothing found: say so honestly, and offer another town or a person."""
        if int(turn.slots.get("page") or 0) > 0:
            turn.say(turn.text("no_more"))
            return
        town = turn.slots.get("place")
        none = turn.text("services_none", place=names.town_names[town][turn.form]) if town else turn.text("services_none_near")
        turn.say(turn.text("open_none") if turn.slots.get("open_only") else none, _beside(turn))

    @staticmethod
    def _buttons(turn: Turn, hits: list[search.Hit], more: bool) -> tuple[Button, ...]:
        found = [
            Button(f"{turn.texts.get('details', turn.form)} {n}", "service_details", {"id": h.service.id}) for n, h in enumerate(hits, 1)
        ]
        if any(h.open_now is not None for h in hits) and not turn.slots.get("open_only"):
            found.append(turn.button("open_only", "open_only"))
        if more:
            found.append(turn.button("more", "show_more"))
        return (*found, turn.button("change_place", "choose_place", change_place=True))


def _called(turn: Turn, names: Gazetteer) -> list[search.Hit]:
    """What is asked for by its name."""
    if turn.intent != "find_service" or not turn.written:
        return []
    with database().begin() as session:
        said = " ".join(names.besides(turn.written, kinds=False))
        found = by_name.called(session, said, turn.slots.get("category") or "", turn.settings.data_dir)
    return [hit for hit in found if hit.service.town == turn.seen.get("place")] or found


def _wished(turn: Turn) -> list[str]:
    return turn.slots.get("wishes") or []


def _language(turn: Turn) -> str:
    return next((wish.removeprefix(wishes.SPOKEN) for wish in _wished(turn) if wish != wishes.FREE), "")


def _about(turn: Turn, known: bool) -> list[str]:
    """That only such places are shown, or that nobody knows which of them are such."""
    language = _language(turn)
    free = [turn.text("free_only" if known else "free_unknown")] if wishes.FREE in _wished(turn) else []
    tongue = spoken(turn.settings.data_dir, turn.form).get(language, language)
    return [*free, *([turn.text("spoken_only" if known else "spoken_unknown", language=tongue)] if language else [])]


def _beside(turn: Turn) -> tuple[Button, ...]:
    return turn.button("change_place", "choose_place", change_place=True), turn.button("person_button", "ask_human")


class ServiceDetails(DalilAction):
    def name(self) -> str:
        return "action_service_details"

    def act(self, turn: Turn) -> None:
        turn.say(self._text(turn), _beside(turn))

    @staticmethod
    def _text(turn: Turn) -> str:
        """Somebody may hold an old list: what it names may be in the directory no more."""
        try:
            with database().begin() as session:
                return details_text(search.get(session, str(turn.data.get("id"))), turn.form, turn.texts)
        except NotFound:
            return turn.text("service_ended")
