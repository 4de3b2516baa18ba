"""Which addresses of a database are believed."""

import pytest

from belts.runtimes.url.look import Unseen, refuse_unverified

HUSH = "hush-4711"


@pytest.mark.parametrize(
    "where",
    [
        "host.example/belt?sslmode=verify-full",
        "127.0.0.1:5501/belt",
        "[::1]:5501/belt",
        "localhost/belt",
        "%2Fsrv%2Fsockets:5501/belt",
    ],
)
def test_believed(where: str) -> None:
    """What has to show a certificate of its name, and what does not leave this machine."""
    refuse_unverified("blue", f"postgresql://gate:{HUSH}@{where}")


@pytest.mark.parametrize(
    "where",
    [
        "host.example/belt",
        "host.example/belt?sslmode=require",
        "host.example/belt?sslmode=verify-ca",
        "10.0.0.7/belt?sslmode=disable",
        "127.0.0.1,host.example/belt",
        "localhost/belt?hostaddr=10.0.0.7",
        "localhost.example/belt",
        "host.example/belt?sslmode",
    ],
)
def test_not_believed(where: str) -> None:
    """The refusal says what to add, and not what the URL holds."""
    with pytest.raises(Unseen) as refused:
        refuse_unverified("blue", f"postgresql://gate:{HUSH}@{where}")

    assert HUSH not in str(refused.value)
    assert "databaseUrl" in refused.value.now
