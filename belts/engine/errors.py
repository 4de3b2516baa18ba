"""The engine's errors, each with the code, the path and the HTTP status that Hasura gives it.

EngineError
├── BadRequest        400  the request itself is wrong
├── AccessDenied      401  wrong or missing admin secret
├── NotFound          404  no such resource
├── TooLarge          413  the body is over its limit
├── DatabaseError     500  Postgres refused, failed or cannot be reached
├── credentials.Unreadable  500  the file of a credential cannot be read
└── store.Unreadable  500  the stored metadata cannot be read
"""

from typing import Any


class EngineError(Exception):
    """A refusal that a client sees; its text never contains SQL, a secret or a traceback."""

    status = 500

    def __init__(self, message: str, *, code: str, path: str = "$") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.path = path

    def as_graphql(self) -> dict[str, Any]:
        """One entry of a GraphQL answer's `errors`."""
        return {"message": self.message, "extensions": {"path": self.path, "code": self.code}}

    def as_metadata(self) -> dict[str, Any]:
        """The body of a refused metadata call."""
        return {"path": self.path, "error": self.message, "code": self.code}


class BadRequest(EngineError):
    """The request is wrong; the same request will be refused again."""

    status = 400


class AccessDenied(EngineError):
    """The caller did not prove its identity."""

    status = 401

    def __init__(self, message: str, *, code: str = "access-denied", path: str = "$") -> None:
        super().__init__(message, code=code, path=path)


class NotFound(EngineError):
    """Nothing is served at this place."""

    status = 404

    def __init__(self, message: str = "resource does not exist", *, path: str = "$") -> None:
        super().__init__(message, code="not-found", path=path)


class TooLarge(EngineError):
    """The body is larger than the engine reads."""

    status = 413


class DatabaseError(EngineError):
    """Postgres did not answer the question."""


def invalid(message: str, path: str) -> BadRequest:
    """The refusal of a GraphQL operation that does not fit the role's schema."""
    return BadRequest(message, code="validation-failed", path=path)


def too_deep(most: int, path: str) -> BadRequest:
    """The refusal of what is nested deeper than the limit."""
    return BadRequest(
        f"the query is nested deeper than {most} levels", code="depth-limit-exceeded", path=path
    )


def unparsable(message: str, path: str) -> BadRequest:
    """The refusal of a value or a body that cannot be read as what it should be."""
    return BadRequest(message, code="parse-failed", path=path)
