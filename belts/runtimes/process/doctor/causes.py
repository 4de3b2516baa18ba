"""What can be wrong with a belt: its signs, its cause, and what to do now.

Causes stand before what follows from them: a full disk ends Postgres, and Postgres ends the indexer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from belts.envio.release import TOKEN
from belts.runtimes.process.doctor.symptoms import Provider, Symptoms

BEHIND_S = 120.0
BEHIND_BLOCKS = 20
"""A provider stands still whose newest block is older than two minutes, and than so many blocks take."""
FULL_HEAP = 0.9

Seen = Callable[[Symptoms], Iterator[str]]
"""One line for each place where the cause is seen, with what was seen; none where it is not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """One row of docs/failures.md. `{belt}` and `{root}` stand for the belt's name and its directory."""

    name: str
    tells: str
    why: str
    now: str
    seen: Seen


def _disk(symptoms: Symptoms) -> Iterator[str]:
    full = ("no space left on device", "enospc")
    for program, log in sorted(symptoms.logs.items()):
        if line := log.ending(*full) or log.line(*full):
            yield f"{program}: {line}"
    if symptoms.disk is not None and symptoms.disk.short:
        yield symptoms.disk.words()


def _unsupervised(symptoms: Symptoms) -> Iterator[str]:
    if not symptoms.supervised and not symptoms.orphans:
        yield "its supervisor is not there"


def _orphans(symptoms: Symptoms) -> Iterator[str]:
    yield from symptoms.orphans


def _port(symptoms: Symptoms) -> Iterator[str]:
    for part, others in sorted(symptoms.strangers.items()):
        if others:
            yield f"the port of its {part} is held by {', '.join(others)}"
    for program, log in sorted(symptoms.logs.items()):
        if program in symptoms.down and (line := log.ending("eaddrinuse", "address already in use")):
            yield f"{program}: {line}"


def _postgres(symptoms: Symptoms) -> Iterator[str]:
    restarts = ("the database system is starting up", "the database system is in recovery mode")
    log = symptoms.log("postgres")
    if any(word in symptoms.database for word in restarts):
        yield symptoms.database
    elif line := log.ending("all server processes terminated; reinitializing", "was terminated by signal"):
        yield f"postgres: {line}"
    elif symptoms.database:
        yield symptoms.database


def _heap(symptoms: Symptoms) -> Iterator[str]:
    if line := symptoms.log("indexer").ending("javascript heap out of memory"):
        yield f"indexer: {line}"


def _heap_full(symptoms: Symptoms) -> Iterator[str]:
    if symptoms.heap_used is not None and symptoms.heap_used >= FULL_HEAP:
        yield f"{symptoms.heap_used:.0%} of its heap is taken"


def _password(symptoms: Symptoms) -> Iterator[str]:
    if line := symptoms.log("indexer").ending("28p01", "password authentication failed"):
        yield f"indexer: {line}"


def _version(symptoms: Symptoms) -> Iterator[str]:
    pinned, seeded = symptoms.pinned_version, symptoms.seeded_version
    if pinned and seeded and pinned != seeded:
        yield f"its data was written by Envio {seeded}, and the project pins {pinned}"


def _skipped(symptoms: Symptoms) -> Iterator[str]:
    if symptoms.seeded_chains is not None:
        for chain in sorted(symptoms.asked_chains - symptoms.seeded_chains):
            yield f"chain {chain} has no row in the chain table, and is indexed by nobody"


def _metadata(symptoms: Symptoms) -> Iterator[str]:
    if symptoms.untracked:
        yield symptoms.untracked


def _token(symptoms: Symptoms) -> Iterator[str]:
    if symptoms.by_hypersync and not symptoms.has_token:
        yield f"chains {_listed(symptoms.by_hypersync)} come from HyperSync, and {TOKEN} is not set"
    elif line := symptoms.log("indexer").line(TOKEN):
        yield f"indexer: {line}"


def _certificates(symptoms: Symptoms) -> Iterator[str]:
    for provider in symptoms.providers:
        if provider.untrusted:
            yield f"{_place(provider)}: {provider.trouble}"
    words = (
        "unable to get local issuer certificate",
        "unable to verify the first certificate",
        "self-signed certificate",
        "self_signed_cert",
        "unknownissuer",
        "cert_has_expired",
        "certificate has expired",
    )
    if line := symptoms.log("indexer").line(*words):
        yield f"indexer: {line}"


def _other_chain(symptoms: Symptoms) -> Iterator[str]:
    for provider in symptoms.providers:
        if provider.serves not in {None, provider.chain}:
            yield f"{_place(provider)} serves chain {provider.serves}"


def _limit(symptoms: Symptoms) -> Iterator[str]:
    for provider in symptoms.providers:
        if provider.busy:
            yield f"{_place(provider)}: {provider.trouble}"
    words = ("too many requests", "rate limit", "status 429", "code 429", "exceeded the quota")
    if line := symptoms.log("indexer").line(*words):
        yield f"indexer: {line}"


def _range(symptoms: Symptoms) -> Iterator[str]:
    words = (
        "block range",
        "range is too",
        "query returned more than",
        "response size exceeded",
        "response size is larger",
        "logs matched by query exceeds limit",
    )
    if line := symptoms.log("indexer").line(*words):
        yield f"indexer: {line}"


def _silent(symptoms: Symptoms) -> Iterator[str]:
    for provider in symptoms.providers:
        if provider.serves is None and not provider.busy and not provider.untrusted:
            yield f"{_place(provider)}: {provider.trouble or 'no answer'}"


def _behind(symptoms: Symptoms) -> Iterator[str]:
    heads = _best(symptoms)
    for provider in symptoms.providers:
        if provider.head is None:
            continue
        if (best := heads[provider.chain]) - provider.head > BEHIND_BLOCKS:
            yield f"{_place(provider)} is at block {provider.head:,}, another provider at {best:,}"
        elif (at := symptoms.progress.get(provider.chain, 0)) - provider.head > BEHIND_BLOCKS:
            yield f"{_place(provider)} is at block {provider.head:,}, the belt itself at {at:,}"
        elif provider.age_s is not None and provider.age_s > max(
            BEHIND_S, BEHIND_BLOCKS * (provider.interval_s or 0)
        ):
            yield f"{_place(provider)} stands at block {provider.head:,}, {provider.age_s:,.0f} s old"


def _hangs(symptoms: Symptoms) -> Iterator[str]:
    for program, heard in sorted(symptoms.silent.items()):
        yield f"{program}: {heard}"


def _down(symptoms: Symptoms) -> Iterator[str]:
    if symptoms.supervised:
        for program in symptoms.down:
            yield f"{program} does not run; its log: {symptoms.log(program).file}"


HEAP = (
    "raise it (2,048 MiB a chain is the rule): `pulumi config set --path indexer.heapMb 8192 --stack "
    "{belt}`, then `pulumi up --stack {belt}`"
)
HEAL = "`python -m belts heal --root {root} {belt}`"

CAUSES: tuple[Cause, ...] = (
    Cause(
        name="disk full",
        tells="`No space left on device` in a log, or less than 2 GB or 7 days left below the belts",
        why="Postgres stops when it cannot write ahead, and whatever needs it stops with it",
        now="free space below {root}, or retire a belt that nobody needs; then " + HEAL,
        seen=_disk,
    ),
    Cause(
        name="supervisor gone",
        tells="the belt's supervisor does not run, nor does anything that it kept",
        why="it was killed, or the host started again and nobody keeps its belts",
        now=HEAL + "; docs/host.md says how belts come back by themselves",
        seen=_unsupervised,
    ),
    Cause(
        name="orphan",
        tells="a process of the belt that no supervisor keeps",
        why="its supervisor was killed; the orphan goes on writing and holds the port",
        now=HEAL + ": it ends what is left before it starts anything",
        seen=_orphans,
    ),
    Cause(
        name="port taken",
        tells="`EADDRINUSE` in the log, or somebody else listens on the port of a part",
        why="another process listens where this part answers, and is asked in its place",
        now="end that process, or give the part another port in the stack's config and run `pulumi up`",
        seen=_port,
    ),
    Cause(
        name="Postgres restarting",
        tells="`the database system is starting up`, or no connection for the owner",
        why="it was killed or ran out of memory, and replays what it had written ahead, for minutes",
        now="wait while its log moves ({root}/{belt}/logs/postgres.log): a restart begins the replay anew. "
        "Where the kernel ended it, let the belt declare more memory",
        seen=_postgres,
    ),
    Cause(
        name="heap death",
        tells="`JavaScript heap out of memory` in the indexer's log; dense chains had stood still before it",
        why="the heap is too small for the chains that are indexed at once",
        now=HEAP + "; no new seed is needed",
        seen=_heap,
    ),
    Cause(
        name="heap nearly full",
        tells="90 % of the heap is taken; the densest chains stand still while lighter ones go on",
        why="the indexer collects garbage most of its time: what comes next is its death",
        now=HEAP,
        seen=_heap_full,
    ),
    Cause(
        name="28P01",
        tells="`28P01` or `password authentication failed` in the indexer's log",
        why="it follows a seed that crashed, or a restart while passwords were renewed. Three ways lead "
        "nowhere: changing the password by hand, the SSL mode `false`, the SSL mode `disable`",
        now="make new credentials: `pulumi config set credentials N --stack {belt}` with a number one higher "
        "than before, then `pulumi up --stack {belt}`; what decides about a seed is whether each chain has a "
        "row in the chain table",
        seen=_password,
    ),
    Cause(
        name="version against stored state",
        tells="the project pins another Envio than the one that wrote the belt's data",
        why="what a release keeps is tied to it: another one misreads it or refuses it",
        now="put the pin back; to upgrade, bring up a fresh belt under another name and promote it",
        seen=_version,
    ),
    Cause(
        name="skipped chain",
        tells="a chain of the config has no row in the chain table",
        why="a chain that is added to a belt with data is left out in silence when it resumes",
        now="bring up a fresh belt with all chains under another name, and promote it when it has synced",
        seen=_skipped,
    ),
    Cause(
        name="metadata gone",
        tells="the engine does not serve entities that the database holds",
        why="the engine's metadata was cleared, or the indexer could not reach it at its first start; it "
        "tells the engine of its tables only then",
        now=HEAL + "; where the tables stay away, bring up a fresh belt",
        seen=_metadata,
    ),
    Cause(
        name="token missing",
        tells=f"chains that come from HyperSync, and no `{TOKEN}`",
        why="Envio's own service answers nobody without a token",
        now=f"`pulumi config set --secret --path secretEnv.{TOKEN} --stack {{belt}}` asks for it, then "
        "`pulumi up --stack {belt}`; or name an RPC with `for: sync`",
        seen=_token,
    ),
    Cause(
        name="certificates",
        tells="a provider's certificate is not trusted, or the host has no certificates",
        why="the host lacks the authority that signed it, its clock is wrong, or somebody stands between",
        now="install the host's certificates (`ca-certificates`), or put yours below `/etc/ssl`, where "
        "an indexer may read, and name it with `NODE_EXTRA_CA_CERTS` in `belts:indexer.env`; never turn the "
        "check off",
        seen=_certificates,
    ),
    Cause(
        name="another chain's provider",
        tells="the RPC of one chain says that it serves another",
        why="two URLs are swapped: every row of the chain is another chain's",
        now="correct the URL, and bring up a fresh belt: what was indexed from it is wrong",
        seen=_other_chain,
    ),
    Cause(
        name="rate limit",
        tells="429 or `rate limit` from a provider, or in the indexer's log",
        why="belts, gate and prover together ask more than the plan allows",
        now="ask for a larger plan, or use another provider for this chain; until then the belt is slow, and "
        "loses nothing",
        seen=_limit,
    ),
    Cause(
        name="range refused",
        tells="`block range`, `query returned more than` or `response size exceeded` in the indexer's log",
        why="the provider answers fewer blocks or logs at once than it is asked for",
        now="set a smaller `interval_ceiling` for this RPC in the Envio config; the indexer also shrinks "
        "its ranges by itself, and then goes on",
        seen=_range,
    ),
    Cause(
        name="provider silent",
        tells="a provider answers no question, or with errors",
        why="the URL, its key or the provider is at fault",
        now="try the URL by hand; correct it in `belts:indexer.env` or `belts:secretEnv`, then `pulumi up`",
        seen=_silent,
    ),
    Cause(
        name="provider behind",
        tells="a provider's newest block is old, or lower than what others or the belt itself have",
        why="its node lost its peers, or a balancer led to one that syncs: it leaves logs out in silence",
        now="use another provider for this chain; the belt goes on where it stands",
        seen=_behind,
    ),
    Cause(
        name="part hangs",
        tells="a program that runs does not answer, and what it leans on does",
        why="it is stopped, or waits for what never comes; a relay that hangs holds up the whole indexer",
        now="where a keeper runs (`python -m belts keep`), it restarts it after a minute, three times an "
        "hour; without one, end its process with `kill -9`: its supervisor starts it anew",
        seen=_hangs,
    ),
    Cause(
        name="part down",
        tells="a program that should run does not, and none of the above is why",
        why="its log says so",
        now="read that log; then " + HEAL,
        seen=_down,
    ),
)


def _best(symptoms: Symptoms) -> dict[int, int]:
    best: dict[int, int] = {}
    for provider in symptoms.providers:
        if provider.head is not None and provider.serves == provider.chain:
            best[provider.chain] = max(best.get(provider.chain, 0), provider.head)
    return {**{provider.chain: 0 for provider in symptoms.providers}, **best}


def _place(provider: Provider) -> str:
    return f"{provider.origin} (chain {provider.chain})"


def _listed(chains: tuple[int, ...]) -> str:
    return ", ".join(map(str, sorted(chains)))
