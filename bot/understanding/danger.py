"""The kinds of danger, and the FAQ entry that belongs to each."""

KINDS = ("violence", "medical", "suicide", "trafficking", "child_danger", "arrest")
ENTRY = {
    "violence": "violence_women",
    "medical": "health_emergency_care",
    "suicide": "emergency_numbers",
    "trafficking": "trafficking_help",
    "child_danger": "unaccompanied_child",
    "arrest": "arrest_rights",
}
