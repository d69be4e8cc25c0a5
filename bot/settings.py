"""All settings, read once from the environment or `.env` and passed on. README lists them; a test compares."""

from functools import lru_cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Names in the environment are the field names in capitals, with `DALIL_` in front (but `DATABASE_URL`)."""

    model_config = SettingsConfigDict(env_prefix="DALIL_", env_file=ROOT / ".env", extra="ignore", populate_by_name=True)

    database_url: str = Field("", validation_alias="DATABASE_URL", description="PostgreSQL 15+; empty: the embedded server")
    data_dir: Path = Field(ROOT / "data", description="folder of the starting content and of the training data")
    var_dir: Path = Field(ROOT / "var", description="folder of what is made here: database, key, caches")
    key_file: Path | None = Field(None, description="file of the encryption key; empty: `key` in the var folder")
    host: str = Field("127.0.0.1", description="address the web process listens on")
    port: int = Field(8080, description="port of the web process: chat, console, API")
    rasa_port: int = Field(5005, description="port of the Rasa server (127.0.0.1 only)")
    actions_port: int = Field(5055, description="port of the action server (127.0.0.1 only)")
    public_url: str = Field("", description="address people see, when it is not http://HOST:PORT")
    turn_seconds: float = Field(15.0, description="longest time of one turn before it is tried again")
    most_a_minute: int = Field(30, gt=0, description="messages of one person a minute that are answered; all are kept and read for danger")
    first_staff_email: str = Field("admin@dalil.local", description="sign-in of the first member of staff")
    telegram_token: SecretStr = Field(SecretStr(""), description="token of the Telegram bot, from BotFather; empty: no Telegram")
    telegram_api: str = Field("https://api.telegram.org", description="address of the Telegram Bot API")
    twilio_account_sid: str = Field("", description="Twilio account (AC…) for WhatsApp; empty: no WhatsApp")
    twilio_auth_token: SecretStr = Field(SecretStr(""), description="primary auth token of the Twilio account")
    twilio_auth_token_old: SecretStr = Field(SecretStr(""), description="the token before, while it is being changed")
    twilio_api: str = Field("", description="address that stands in for all of Twilio's, for tests; empty: Twilio")
    whatsapp_number: str = Field("", description="our WhatsApp sender, such as +14155238886")
    whatsapp_per_second: float = Field(80.0, gt=0, description="messages a second that the sender may send; 0.33 in Twilio's sandbox")
    smtp_url: SecretStr = Field(
        SecretStr(""), description="mail server for notices to staff, such as smtp://user:password@mail.example:587; empty: no e-mail"
    )
    mail_from: str = Field("", description="sender of these e-mails, such as Dalil <dalil@example.org>")
    require_second_factor: bool = Field(False, description="everybody in the staff console needs a second factor")
    secure_cookies: bool = Field(False, description="send the console cookie over HTTPS only")

    @property
    def key_path(self) -> Path:
        return self.key_file or self.var_dir / "key"

    @property
    def has_telegram(self) -> bool:
        return bool(self.telegram_token.get_secret_value())

    @property
    def has_whatsapp(self) -> bool:
        return bool(self.twilio_account_sid and self.twilio_auth_token.get_secret_value() and self.whatsapp_number)

    @property
    def has_mail(self) -> bool:
        return bool(self.smtp_url.get_secret_value() and self.mail_from)

    @property
    def is_public(self) -> bool:
        """Whether providers can reach us."""
        return self.public_url.startswith("https://") or (bool(self.public_url) and bool(self.twilio_api))

    @property
    def address(self) -> str:
        return self.public_url or f"http://{self.host}:{self.port}"

    def as_environment(self) -> dict[str, str]:
        """The same settings, for another process."""
        given = {name: value for name, value in self if value is not None and name != "database_url"}
        opened = {name: value.get_secret_value() if isinstance(value, SecretStr) else str(value) for name, value in given.items()}
        return {f"DALIL_{name.upper()}": value for name, value in opened.items()}


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The one reading of the environment in this process."""
    return Settings()
