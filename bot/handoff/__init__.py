"""From bot to person: cases, urgency, staff."""
