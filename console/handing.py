"""The forms by which a case goes on to somebody else, or ends."""

from datetime import datetime, timezone
from typing import Any

from bot.faq import entries
from bot.handoff import assignment, cases, clocks
from bot.staff import presence, teams
from console.view import View


def forms(view: View) -> dict[str, Any]:
    """`allowed`: what this person may do now. The forms stand on the page whether they are allowed or not, since that changes while
    somebody types; only those that are allowed are shown."""
    session, case = view.session, view.case
    not_safe = {"safe"} if view.mine and view.conversation.safe is False else set()
    return {
        "allowed": assignment.possible(view.person, case) | not_safe,
        "members": presence.members(session, teams.get(session, case.team_id)),
        "other_teams": [(str(team.id), team.name) for team in assignment.other_teams(session, case)],
        "outcomes": cases.OUTCOMES,
        "topics": entries.topics(session),
        "about": [*case.topics, entries.topic_of(session, case.topic)],
        "overdue": clocks.is_overdue(case, datetime.now(timezone.utc)),
    }
