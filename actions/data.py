"""Delete my data: asked once, then really done, after the confirmation was sent."""

from actions.base import DalilAction, Turn


class AskDelete(DalilAction):
    def name(self) -> str:
        return "action_ask_delete"

    def act(self, turn: Turn) -> None:
        turn.set(pending="delete")
        turn.say(turn.text("ask_delete"), turn.yes_no("delete_answer"))


class DeleteAnswer(DalilAction):
    def name(self) -> str:
        return "action_delete_answer"

    def act(self, turn: Turn) -> None:
        if turn.yes:
            turn.effect("forget")
        turn.say(turn.text("deleted" if turn.yes else "delete_cancelled"), actor="system")
