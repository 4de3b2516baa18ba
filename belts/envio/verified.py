"""The code generator's packages that each release was verified with, by their `integrity`.

The generator runs with the rights of a belt's judges, so a lock file with anything else is refused.
"""

from collections.abc import Mapping

RESCRIPT: Mapping[str, str] = {
    "rescript": (
        "sha512-bI+yxDcwsv7qE34zLuXeO8Qkc2+1ng5ErlSjnUIZdrAWKoGzHXpJ6ZxiiRBUoYnoMsgRwhqvrugIFyNgWasmsw=="
    ),
    "rescript-envsafe": (
        "sha512-xSQbNsFSSQEynvLWUYtI7GJJhzicACLTq5aO1tjgK0N2Vcm9qlrkcLSmnU8tTohebEu9zgm1V/xYY+oGeQgLvA=="
    ),
}
WITH_2_32_12: Mapping[str, str] = {
    **RESCRIPT,
    "envio": (
        "sha512-bk9y/AjU+kYxO1a9c/jg8RFDrKKKWU0wCffnwtoXo7KGKmPDKq1WyNzVw6sTeboSfGB0i82hJ97WgSAwRAnR1Q=="
    ),
    "rescript-schema": (
        "sha512-NiHAjlhFKZCmNhx/Ij40YltCEJJgVNhBWTN/ZfagTg5hdWWuvCiUacxZv+Q/QQolrAhTnHnCrL7RDvZBogHl5A=="
    ),
    "@rescript/react": (
        "sha512-ZD7nhDr5FZgLYqRH9s4CNM+LRz/3IMuTb+LH12fd2Akk0xYkYUP+DZveB2VQUC2UohJnTf/c8yPSNsiFihVCCg=="
    ),
}
_WITH_ALPHAS: Mapping[str, str] = {
    **RESCRIPT,
    "rescript-schema": (
        "sha512-VPhkkHCSQSo2KienoMD4Adu/yS8WhckmsUFFrNhKrt5yqeiJt+pY6/V+puuRIFLlWSIqGyu5/pxqSNUg3VLyxA=="
    ),
    "@rescript/react": (
        "sha512-tCdzMnzSEuEfWs/A6wq6kLx/E5nBkVJmFST+MwU01W9hzFwQi2JpvE82Fl66ets+oaC5UVpFf3vy4KvXRN+jPA=="
    ),
}
WITH_ALPHA_17: Mapping[str, str] = {
    **_WITH_ALPHAS,
    "envio": (
        "sha512-V5hUkHaWZxqP9wlKSSDy8h6RZHGrTuPJRlrrCXZmgAP9xkxEn4OZW+DtQWJqbPb99ZqlLu7tr03EFqvPGJjPlw=="
    ),
}
WITH_ALPHA_21: Mapping[str, str] = {
    **_WITH_ALPHAS,
    "envio": (
        "sha512-IRrYMZCkj0Ws1LMaoNbl/dqePjygiHuTyB22dnmldsqp2RJth9XTIXFX5BEGp6osxdXeGMN+uDCxiistknIZug=="
    ),
}

X64 = "envio-linux-x64"
"""The binaries' package; no registry that was asked gave the hashes for other machines."""
BUILDS_2_32_12: Mapping[str, str] = {
    X64: "sha512-886q+yztKVrhgkwOfoFKARDStbjk1032YBtA6tqrCN8uWjqgzAf30ZDPurJGlq26hQqYNKRp2LhgxChpivsvFw=="
}
BUILDS_ALPHA_17: Mapping[str, str] = {
    X64: "sha512-LmysaT4i/6WGyGSllcT3kEPvzpN8loAcnRduO75tQDYZ9QYMInTwG+edzVZJXThX3OlRCumHnl0R/zDhhNdBHw=="
}
BUILDS_ALPHA_21: Mapping[str, str] = {
    X64: "sha512-X0o78EPQGoLAnDRN7dVbx8h2HUxuUOmGIhivd/Y2crbLaqPKgQFlGuq8+TYsrGU5yKVZlCJgKyC+UWoDKWREbw=="
}
