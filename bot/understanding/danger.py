"""The kinds of danger, and the FAQ entry that belongs to each."""

from collections.abc import Mapping

KINDS = ("violence", "medical", "suicide", "trafficking", "child_danger", "arrest")
ENTRY = {
    "violence": "violence_women",
    "medical": "health_emergency_care",
    "suicide": "emergency_numbers",
    "trafficking": "trafficking_help",
    "child_danger": "unaccompanied_child",
    "arrest": "arrest_rights",
}


def mass(found: Mapping[str, float]) -> float:
    """Probability of danger of any kind. `found`: by label."""
    return sum(p for label, p in found.items() if label.startswith("urgent:"))
