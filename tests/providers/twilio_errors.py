"""Errors in the words and the JSON shape of Twilio's REST API."""

from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import JSONResponse


class TwilioError(Exception):
    """An answer other than success; `status` is the HTTP status, `code` Twilio's own."""

    def __init__(self, code: int, message: str, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.headers = code, message, status, dict(headers or {})

    def body(self) -> dict[str, object]:
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        return {"code": self.code, "message": self.message, "more_info": more, "status": self.status}


def not_found(path: str) -> TwilioError:
    return TwilioError(20404, f"The requested resource {path} was not found", 404)


async def answer_error(_: Request, error: Exception) -> JSONResponse:
    """FastAPI's handler of TwilioError."""
    assert isinstance(error, TwilioError)
    return JSONResponse(error.body(), error.status, headers=error.headers)


def scripted_error(status: int, code: int | None, retry_after: float | None) -> TwilioError:
    """The usual error of an HTTP status, for answers that a test ordered."""
    usual = {
        400: (21211, "Invalid 'To' Phone Number"),
        401: (20003, "Authenticate"),
        403: (20403, "403 Forbidden"),
        429: (20429, "Too Many Requests"),
        500: (20500, "An internal server error has occurred"),
        503: (20503, "Service Unavailable"),
    }
    usual_code, message = usual.get(status, (20000 + status, "Error"))
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return TwilioError(code or usual_code, message, status, headers)
