"""A case on one page: times, what was told, who answered, how it ended. Read from rows; nothing is generated."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.handoff import facts, notes, referrals
from bot.handoff.facts import Facts
from bot.messaging import conversations
from bot.staff import accounts, teams
from bot.tables import Case, OutboundRow


@dataclass(frozen=True)
class Summary:
    """`told`: what the person had told the bot. `answered_by`: everybody who wrote to them, the first one first."""

    case: Case
    channel: str
    form: str
    team: str
    told: Facts
    answered_by: tuple[str, ...]
    referrals: list[referrals.Line]
    notes: list[notes.Said]


def of(session: Session, case: Case, form: str) -> Summary:
    """`form`: in which services are named."""
    conversation = conversations.get(session, case.conversation_id)
    return Summary(
        case,
        conversation.channel,
        case.form or conversation.form,
        teams.get(session, case.team_id).name,
        facts.of_case(session, case),
        _answered_by(session, case),
        referrals.of_case(session, case.id, form),
        notes.of_case(session, case)[::-1],
    )


def _answered_by(session: Session, case: Case) -> tuple[str, ...]:
    said = select(OutboundRow.staff_id).filter_by(conversation_id=case.conversation_id, actor="person")
    then = said.where(OutboundRow.created_at >= case.opened_at, OutboundRow.created_at <= (case.closed_at or func.clock_timestamp()))
    ids = list(
        session.scalars(then.where(OutboundRow.staff_id.is_not(None)).group_by(OutboundRow.staff_id).order_by(func.min(OutboundRow.id)))
    )
    names = accounts.names(session, ids)
    return tuple(names[i] for i in ids if i)
