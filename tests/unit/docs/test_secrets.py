"""No page, help or refusal tells anybody to type a secret where `ps` and a shell's history show it."""

import re
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
READ = ("*.md", "*.py", "*.yaml", "*.json", "*.in", "Makefile", ":!tests", ":!package-lock.json")

SHOWN = {
    # A value after the key: without one, `pulumi` asks for it, or reads it from its input.
    "pulumi config": re.compile(
        r"config set(?:-all)?\b(?=[^`\n|;&]*--secret)(?:\s+(?:--secret|--path|--stack\s+\S+|-s\s+\S+))*"
        r"\s+[\w.\[\]:{}{}]+(?:\s+(?:--secret|--path|--stack\s+[^\s`]+))*\s+(?![-<|&;#`\"'}{]|and\b|asks\b)[^\s`]+"
    ),
    "pulumi config, as KEY=VALUE": re.compile(r"config set-all\b[^`\n]*--secret[= ]\S+=\S"),
    "a client of Postgres": re.compile(
        r"\b(?:psql|pg_dump|pg_dumpall|pg_restore|pg_basebackup|createdb|pgbench)\b[^`\n|]*"
        r"(?:\$\{?\w*(?:URL|DSN|PASS|SECRET)|postgres(?:ql)?://|password=)"
    ),
    "a password in front of a command": re.compile(
        r"\b(?:PGPASSWORD|PULUMI_CONFIG_PASSPHRASE|\w*ADMIN_SECRET|\w+_URL(?==\S+:\S+@))=[^\s`\"'{<]+\s+\w"
    ),
    "curl": re.compile(
        r"\bcurl\b[^`\n|]*(?:-u|--user|-H\s*[\"']?(?:x-hasura-admin-secret|authorization))", re.IGNORECASE
    ),
    "an option": re.compile(r"--(?:password|secret-key|admin-secret|token|passphrase)[= ][^\s`|]"),
}


def shown(text: str) -> list[str]:
    """The commands in a text by which a secret would be seen."""
    joined = re.sub(r"\\\n\s*", " ", text)
    return [f"{what}: {found[0]}" for what, rule in SHOWN.items() for found in rule.finditer(joined)]


def _texts() -> list[str]:
    command = ["git", "-C", str(CHECKOUT), "ls-files", "--cached", "--others", "--exclude-standard", *READ]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_nobody_is_told_to_type_one() -> None:
    """In pages, help, refusals and examples alike."""
    texts = _texts()
    assert len(texts) > 300
    found = {text: told for text in texts if (told := shown((CHECKOUT / text).read_text()))}
    assert found == {}


@pytest.mark.parametrize(
    "told",
    [
        "pulumi config set --secret ledgerUrl postgres://u:p@h/d",
        "pulumi config set --secret --path secretEnv.RPC_1 https://…",
        "pulumi config set --path secretEnv.RPC_1 --secret https://x/key --stack blue",
        "pulumi config set ledgerUrl --secret --stack gateway postgres://u:p@h/d",
        "pulumi config set --secret ledgerUrl \\\n  word",
        "pulumi config set-all --secret ledgerUrl=postgres://u:p@h/d",
        'psql "$GATE_URL" -c "select 1"',
        "pg_dump -Fc $LEDGER_URL >file",
        "pg_basebackup -d postgresql://u:p@h -D to",
        "pg_dump 'host=h password=word'",
        "PGPASSWORD=word psql -h h",
        "HASURA_GRAPHQL_DATABASE_URL=postgres://u:p@h/d python -m belts.engine",
        "curl -H 'x-hasura-admin-secret: word' http://h",
        "curl -u me:word http://h",
        "python -m gate check --token word",
    ],
)
def test_what_is_seen(told: str) -> None:
    assert shown(f"Type `{told}` and wait.") or shown(told)


@pytest.mark.parametrize(
    "told",
    [
        "`pulumi config set --secret ledgerUrl --stack gateway` and `pulumi up`",
        "pulumi config set --secret ledgerUrl --stack gateway && pulumi up --stack gateway    # elsewhere",
        "pulumi config set --secret --path secretEnv.RPC_1 <file",
        "cat file | pulumi config set --secret webhookSecret",
        "pulumi config set credentials 2 --stack gateway",
        "psql service=blue -c 'select 1'",
        "pg_dump service=ledger | gzip >file",
        "curl -i http://127.0.0.1:8080/_belt",
    ],
)
def test_what_is_not(told: str) -> None:
    assert shown(told) == []
