"""The one function: (text, history, index) -> what the person wants. Pure; the running bot and `dalil evaluate` call it alike."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple

from bot.language.forms import LANGUAGE, OTHER
from bot.language.normalize import clean
from bot.language.written_form import UNIFORM
from bot.understanding import danger
from bot.understanding.calibration import Calibration
from bot.understanding.clauses import halves
from bot.understanding.context import in_context
from bot.understanding.index import Index

Route = Literal["faq", "service", "dialog", "urgent", "oos", "clarify"]
Ranked = list[tuple[str, float]]
BOTH = 0.6  # probability from which each of two questions in one message counts
ONE = 0.9  # probability from which a message is one question, however long
CUTS = 2  # ways to cut a message in two that are tried: each costs two readings
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
    form, forms = index.forms.detect(visible, history.prior())
    whole = _decide(visible, form, history, index)
    first, second = _two(visible, form, whole, index)
    route, chosen, probability, in_scope, candidates = first or whole
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


class _Decision(NamedTuple):
    route: Route
    id: str | None
    probability: float
    in_scope: float
    candidates: Ranked

    @property
    def label(self) -> str:
        return f"{self.route}:{self.id}"


def _two(text: str, form: str, whole: _Decision, index: Index) -> tuple[_Decision | None, _Decision | None]:
    """The first cut into two questions that are each clear and not the same. Tried only when the whole is not one clear thing."""
    if whole.route not in ("faq", "clarify", "service") or whole.probability >= ONE:
        return None, None
    for parts in halves(text)[:CUTS]:
        first, second = (_decide(part, form, History(), index) for part in parts)
        if all(d.route in ("faq", "service") and d.probability >= BOTH for d in (first, second)) and _differ(first, second, index):
            return first, second
    return None, None


def _differ(first: _Decision, second: _Decision, index: Index) -> bool:
    """Two neighbours are more often one question, told in two sentences."""
    return first.id != second.id and not (first.route == second.route == "faq" and second.id in index.neighbours.get(str(first.id), ()))


def _groups(found: Mapping[str, float]) -> dict[str, Ranked]:
    """Labels by their kind, likeliest first."""
    groups: dict[str, Ranked] = {"faq": [], "service": [], "dialog": [], "urgent": [], "oos": [], "harmless": []}
    for label, p in found.items():
        kind, _, name = label.partition(":")
        groups[kind].append((name, p))
    return {kind: sorted(ranked, key=lambda r: -r[1]) for kind, ranked in groups.items()}


def _mass(ranked: Ranked) -> float:
    return sum(p for _, p in ranked)


def _decide(text: str, form: str, history: History, index: Index) -> _Decision:
    found, in_scope = index.probabilities(text, form)
    groups = _groups(in_context(found, text, history.entry, index.neighbours))
    rings = danger.mass(found) >= index.calibration.urgent
    sensed = None if rings else index.alarm.kind(text)
    if rings or sensed:
        return _danger(groups, sensed, in_scope)
    return _calm(text, form, history, index, groups, in_scope)


def _calm(text: str, form: str, history: History, index: Index, groups: dict[str, Ranked], in_scope: float) -> _Decision:
    faq, service = _rounded(groups["faq"]), _rounded(groups["service"])
    if form == OTHER:
        return _Decision("oos", None, 1 - in_scope, in_scope, faq)
    category = index.gazetteer.category(text)
    if index.gazetteer.only_place(text) and (history.pending == "place" or not category):
        return _Decision("service", history.category or category, 1.0, in_scope, service)
    if history.pending == "category" and category:
        return _Decision("service", category, 1.0, in_scope, service)
    return _likeliest(groups, in_scope, index.calibration, form)


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
