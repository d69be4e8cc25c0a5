"""The one function: (text, history, index) -> what the person wants. Pure; the running bot and `dalil evaluate` call it alike."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple

from bot.language.forms import LANGUAGE, OTHER
from bot.language.normalize import clean, normalize
from bot.language.written_form import UNIFORM
from bot.understanding import danger
from bot.understanding.calibration import Calibration
from bot.understanding.clauses import halves
from bot.understanding.context import in_context, joined
from bot.understanding.gazetteer import Gazetteer
from bot.understanding.index import Index

Route = Literal["faq", "service", "dialog", "urgent", "oos", "clarify"]
Ranked = list[tuple[str, float]]
BOTH = 0.75  # probability from which each of two questions in one message counts
SURE = 0.97  # probability from which the whole of a message says which of the two matters
FORGET = 0.6  # how much of the form history one message leaves
CHOSEN = 4.0  # what a choice of language weighs against messages


@dataclass(frozen=True)
class History:
    """What earlier messages say about this one. `forms`: decayed evidence; `pending`: what the bot asked last."""

    forms: dict[str, float] = field(default_factory=dict)
    chosen: str = ""
    entry: str = ""
    category: str = ""
    pending: str = ""

    def prior(self) -> dict[str, float]:
        """Probability of each form before reading the text; never below a tenth of even."""
        weight = {f: 0.6 + self.forms.get(f, 0.0) + (CHOSEN if f == self.chosen else 0.0) for f in UNIFORM}
        total = sum(weight.values())
        return {f: w / total for f, w in weight.items()}

    def after(self, forms: Mapping[str, float]) -> dict[str, float]:
        """The form evidence once a message with these probabilities was read."""
        return {f: round(FORGET * self.forms.get(f, 0.0) + p, 4) for f, p in forms.items()}


@dataclass(frozen=True)
class Understanding:
    """`place` is a town id, `language` one of fr, en, ar, ary for a change of language, `candidates` the best three entries,
    `second` the label of another question in the same message, such as `faq:school_enrol` or `service:hospital`."""

    form: str
    forms: dict[str, float]
    route: Route
    id: str | None
    probability: float
    in_scope: float
    candidates: Ranked
    place: str | None = None
    neighbourhood: str | None = None
    language: str | None = None
    second: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


WARMING = "potrzebuję pomocy z dokumentami"  # foreign: it loads the encoder and langdetect, before somebody's turn does


def understand(text: str, history: History, index: Index) -> Understanding:
    """Urgency is looked for before anything else."""
    visible = clean(text)
    names = len(normalize(visible).split()) - len(index.gazetteer.besides(visible))
    form, forms = index.forms.detect(visible, history.prior(), names)
    whole, parts = _read(visible, form, history, index)
    decided = _decide(whole, history, index)
    answered, second = _two(decided, [_decide(part, history, index) for part in parts], index)
    route, chosen, probability, in_scope, candidates = answered
    place = index.gazetteer.place(visible)
    language = index.gazetteer.language(visible) or LANGUAGE.get(form) if chosen == "change_language" else None
    return Understanding(
        form,
        forms,
        route,
        chosen,
        round(probability, 4),
        round(in_scope, 4),
        candidates,
        place.town if place else None,
        place.neighbourhood or None if place else None,
        language,
        second.label if second else None,
    )


class _Message(NamedTuple):
    """A text, or a part of it, as the index reads it."""

    text: str
    form: str
    found: dict[str, float]
    in_scope: float


class _Decision(NamedTuple):
    route: Route
    id: str | None
    probability: float
    in_scope: float
    candidates: Ranked

    @property
    def label(self) -> str:
        return f"{self.route}:{self.id}"


def _read(text: str, form: str, history: History, index: Index) -> tuple[_Message, list[_Message]]:
    """The text, joined with what was answered before it when it leans on that, and its parts. One reading for all."""
    behind_title, parts = index.topics.behind_title(text, history.entry, form), halves(text)
    readings = index.read([text, *parts, *([behind_title] if behind_title else [])], form)
    found, in_scope = readings[0]
    if behind_title:
        found = joined(found, readings[-1].found)
    return _Message(text, form, found, in_scope), [_Message(part, form, *reading) for part, reading in zip(parts, readings[1:])]


def _two(whole: _Decision, parts: Sequence[_Decision], index: Index) -> tuple[_Decision, _Decision | None]:
    """What is answered, and what is offered beside it: danger, or the first question unless the whole is surely the other one."""
    clear = [part for part in parts if part.route in ("faq", "service") and part.id and part.probability >= BOTH]
    if whole.route == "urgent":
        return whole, next((part for part in clear if part.id != danger.ENTRY[str(whole.id)]), None)
    if whole.route not in ("faq", "clarify", "service") or len(clear) < 2 or not _differ(clear[0], clear[1], index):
        return whole, None
    first, second = clear
    return (second, first) if whole.label == second.label and whole.probability >= SURE else (first, second)


def _differ(first: _Decision, second: _Decision, index: Index) -> bool:
    """Two neighbours are more often one question, told in two sentences."""
    return first.id != second.id and not (first.route == second.route == "faq" and second.id in index.topics.near.get(str(first.id), ()))


def _groups(found: Mapping[str, float]) -> dict[str, Ranked]:
    """Labels by their kind, likeliest first."""
    groups: dict[str, Ranked] = {"faq": [], "service": [], "dialog": [], "urgent": [], "oos": [], "harmless": []}
    for label, p in found.items():
        kind, _, name = label.partition(":")
        groups[kind].append((name, p))
    return {kind: sorted(ranked, key=lambda r: -r[1]) for kind, ranked in groups.items()}


def _mass(ranked: Ranked) -> float:
    return sum(p for _, p in ranked)


def _decide(message: _Message, history: History, index: Index) -> _Decision:
    groups = _groups(in_context(message.found, message.text, history.entry, index.topics.near))
    rings = danger.mass(message.found) >= index.calibration.urgent
    sensed = None if rings else index.alarm.kind(message.text)
    if rings or sensed:
        return _danger(groups, sensed, message.in_scope)
    if message.form == OTHER:
        return _Decision("oos", None, 1 - message.in_scope, message.in_scope, _rounded(groups["faq"]))
    category = _named(message.text, history, index.gazetteer)
    if category is not None:
        return _Decision("service", category or None, 1.0, message.in_scope, _rounded(groups["service"]))
    return _likeliest(groups, message.in_scope, index.calibration, message.form)


def _named(text: str, history: History, gazetteer: Gazetteer) -> str | None:
    """The kind of place when the text is only the name of a place, or of the kind that was asked for; "" when the kind is not known."""
    category = gazetteer.category(text)
    if gazetteer.only_place(text) and (history.pending == "place" or not category):
        return history.category or category or ""
    return category if history.pending == "category" else None


def _likeliest(groups: dict[str, Ranked], in_scope: float, known: Calibration, form: str) -> _Decision:
    faq, service, dialog = _rounded(groups["faq"]), _rounded(groups["service"]), groups["dialog"][0]
    outside = _mass(groups["oos"]) + _mass(groups["harmless"])
    masses: dict[Route, float] = {"faq": _mass(groups["faq"]), "service": _mass(groups["service"]), "dialog": dialog[1], "oos": outside}
    route = max(masses, key=masses.__getitem__)
    if route == "dialog":
        return _Decision("dialog", dialog[0], dialog[1], in_scope, faq)
    if route == "service":
        return _Decision("service", groups["service"][0][0], masses["service"], in_scope, service)
    if route == "oos" or (route == "faq" and in_scope < known.floor):
        return _Decision("oos", None, outside, in_scope, faq)
    best, p = groups["faq"][0]
    return _Decision("faq", best, p, in_scope, faq) if p >= known.answer[form] else _Decision("clarify", None, masses["faq"], in_scope, faq)


def _danger(groups: dict[str, Ranked], sensed: str | None, in_scope: float) -> _Decision:
    """The likeliest kind, or the one that a pattern found; the entry that belongs to it stands first among the candidates."""
    kind, mass = sensed or groups["urgent"][0][0], _mass(groups["urgent"])
    others = [(name, p) for name, p in groups["faq"] if name != danger.ENTRY[kind]]
    return _Decision("urgent", kind, mass, in_scope, _rounded([(danger.ENTRY[kind], mass), *others]))


def _rounded(ranked: Ranked) -> Ranked:
    return [(name, round(p, 4)) for name, p in ranked[:3]]
