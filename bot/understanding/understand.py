"""The one function: (text, history, index) -> what the person wants. Pure; the running bot and `dalil evaluate` call it alike."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from bot.language.forms import LANGUAGE, OTHER
from bot.language.normalize import clean
from bot.language.written_form import UNIFORM
from bot.understanding.danger import ENTRY
from bot.understanding.index import Index

Route = Literal["faq", "service", "dialog", "urgent", "oos", "clarify"]
Ranked = list[tuple[str, float]]
SURE = 0.5  # mass of the entries at which scope is not asked for
IN_SCOPE = 0.35  # below this, a weak best guess counts as out of scope
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
    """`place` is a town id, `language` one of fr, en, ar, ary for a change of language, `candidates` the best three."""

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

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def understand(text: str, history: History, index: Index) -> Understanding:
    """Urgency is looked for before anything else."""
    visible = clean(text)
    form, forms = index.forms.detect(visible, history.prior())
    found, in_scope = index.probabilities(visible, form)
    groups = _groups(found)
    route, chosen, probability, candidates = _route(visible, form, history, index, groups, in_scope)
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
    )


def _groups(found: Mapping[str, float]) -> dict[str, Ranked]:
    """Labels by their kind, likeliest first."""
    groups: dict[str, Ranked] = {"faq": [], "service": [], "dialog": [], "urgent": [], "oos": [], "harmless": []}
    for label, p in found.items():
        kind, _, name = label.partition(":")
        groups[kind].append((name, p))
    return {kind: sorted(ranked, key=lambda r: -r[1]) for kind, ranked in groups.items()}


def _mass(ranked: Ranked) -> float:
    return sum(p for _, p in ranked)


_Decision = tuple[Route, str | None, float, Ranked]


def _route(text: str, form: str, history: History, index: Index, groups: dict[str, Ranked], in_scope: float) -> _Decision:
    faq, service = _rounded(groups["faq"]), _rounded(groups["service"])
    if _mass(groups["urgent"]) >= index.calibration.urgent:
        return _danger(groups["urgent"], faq)
    if form == OTHER:
        return "oos", None, 1 - in_scope, faq
    category = index.gazetteer.category(text)
    if index.gazetteer.only_place(text) and (history.pending == "place" or not category):
        return "service", history.category or category, 1.0, service
    if history.pending == "category" and category:
        return "service", category, 1.0, service
    outside = _mass(groups["oos"]) + _mass(groups["harmless"])
    dialog = groups["dialog"][0]
    masses: dict[Route, float] = {"faq": _mass(groups["faq"]), "service": _mass(groups["service"]), "dialog": dialog[1], "oos": outside}
    route = max(masses, key=masses.__getitem__)
    if route == "dialog":
        return "dialog", dialog[0], dialog[1], faq
    if route == "service":
        return "service", groups["service"][0][0], masses["service"], service
    if route == "oos" or (in_scope < IN_SCOPE and masses["faq"] < SURE):
        return "oos", None, outside, faq
    return _answer_or_ask(groups["faq"], masses["faq"], index.calibration.answer[form])


def _danger(urgent: Ranked, faq: Ranked) -> _Decision:
    """The likeliest kind; the entry that belongs to it stands first among the candidates."""
    kind, mass = urgent[0][0], _mass(urgent)
    others = [(name, p) for name, p in faq if name != ENTRY[kind]]
    return "urgent", kind, mass, [(ENTRY[kind], round(mass, 4)), *others][:3]


def _answer_or_ask(faq: Ranked, mass: float, enough: float) -> _Decision:
    best, p = faq[0]
    return ("faq", best, p, _rounded(faq)) if p >= enough else ("clarify", None, mass, _rounded(faq))


def _rounded(ranked: Ranked) -> Ranked:
    return [(name, round(p, 4)) for name, p in ranked[:3]]
