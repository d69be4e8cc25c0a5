"""All settings, read once from the environment or `.env` and passed on. README lists them; a test compares."""

from functools import lru_cache
from pathlib import Path

from pydantic import Field
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
    wait_hours: str = Field("", description="when caseworkers answer, as shown to people; empty: said to be unknown")
    first_staff_email: str = Field("admin@dalil.local", description="sign-in of the first member of staff")
    secure_cookies: bool = Field(False, description="send the console cookie over HTTPS only")

    @property
    def key_path(self) -> Path:
        return self.key_file or self.var_dir / "key"

    @property
    def address(self) -> str:
        return self.public_url or f"http://{self.host}:{self.port}"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The one reading of the environment in this process."""
    return Settings()
