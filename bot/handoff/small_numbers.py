"""Small groups are not told to those who may not read cases: in a group of one, somebody could be recognised."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from bot.handoff.figures import Hidden, Late, Line, Number, Pair, Report, Spell

FEW = 5  # a group of fewer is small


def guard(counts: Sequence[int]) -> list[Number]:
    """Counts that add up to a total which is known: what is hidden is so much, and in so many groups, that none follows from the rest."""
    small = {n for n, count in enumerate(counts) if 0 < count < FEW}
    hidden = set(small)
    for n in sorted((n for n, count in enumerate(counts) if count >= FEW), key=lambda n: counts[n]):
        if not small or (len(hidden) > 1 and sum(counts[i] for i in hidden) >= FEW):
            break
        hidden.add(n)
    return [Hidden.FEW if n in small else Hidden.OTHER if n in hidden else count for n, count in enumerate(counts)]


def guarded(report: Report) -> Report:
    """The same report without small groups."""
    hours, days = guard([_int(n) for day in report.week for n in day]), guard([_int(n) for _, n in report.course])
    course: list[tuple[date, Number]] = [(day, n) for (day, _), n in zip(report.course, days)]
    return replace(
        report,
        opened=Pair(*(guard([_int(n)])[0] for n in report.opened)),
        tables={name: _lines(lines) for name, lines in report.tables.items()},
        spells={name: (_spell(a, report.opened.now), _spell(b, report.opened.before)) for name, (a, b) in report.spells.items()},
        late=(_late(report.late[0], report.opened.now), _late(report.late[1], report.opened.before)),
        week=[hours[24 * n : 24 * n + 24] for n in range(7)],
        course=course,
    )


def _lines(lines: list[Line]) -> list[Line]:
    now, before = guard([_int(line.now) for line in lines]), guard([_int(line.before) for line in lines])
    return [Line(line.key, *numbers) for line, *numbers in zip(lines, now, before)]


def _spell(spell: Spell, opened: Number) -> Spell:
    """Against the cases where it has not happened; of a few cases no time is told either."""
    count = guard([_int(spell.cases), _int(opened) - _int(spell.cases)])[0]
    return Spell(count, None, None) if count is Hidden.FEW else spell._replace(cases=count)


def _late(late: Late, opened: Number) -> Late:
    due, late_ones = _int(late.due), _int(late.late)
    told = guard([late_ones, due - late_ones, _int(opened) - due])
    return late if all(isinstance(n, int) for n in told) else Late(Hidden.OTHER, Hidden.OTHER)


def _int(number: Number) -> int:
    assert isinstance(number, int)
    return number
