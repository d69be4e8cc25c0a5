"""The rows of README's settings table, from the settings themselves; a test compares."""

from bot.settings import ROOT, Settings


def settings_rows() -> list[str]:
    """One Markdown row a setting: name in the environment, default, meaning."""
    return [f"| `{_name(name)}` | {_default(field.default)} | {field.description} |" for name, field in Settings.model_fields.items()]


def _name(field: str) -> str:
    return "DATABASE_URL" if field == "database_url" else f"DALIL_{field.upper()}"


def _default(value: object) -> str:
    """Paths as seen from the repository; nothing set is shown as empty."""
    return f"`{str(value).replace(str(ROOT) + '/', '')}`" if value is not None and str(value) else ""
