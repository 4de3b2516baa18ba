"""The small project that the suite indexes with a release, in the form of that release.

Two chains, one contract, three entities: one that is written once, one that changes, one that goes again.
What its rows have to be is told by the logs of the chains alone.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from belts.envio.lock import READERS as LOCKS
from belts.envio.package import FILE as PACKAGE
from belts.envio.release import FORMS, GENERATED, EnvioRelease

CONFIG, SCHEMA, HANDLERS = "config.yaml", "schema.graphql", "src/handlers.js"
CONTRACT = "Points"
POINTS = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
"""Where the chains of the examples have it: the first that their first account makes."""
NOBODY = "0x00000000000000000000000000000000000000aa"
EVENT = "Transfer(address indexed from, address indexed to, uint256 value)"
ENTITIES = ("Transfer", "Account", "Holder")
REORG_DEPTH = 200
DEPTH_KEYS = ("max_reorg_depth", "confirmed_block_threshold")

SCHEMA_TEXT = """\
enum Kind {
  EVEN
  ODD
}

type Transfer {
  id: ID!
  chainId: Int! @index
  from: Account!
  to: String!
  sender: String!
  kind: Kind!
  value: BigInt!
  blockNumber: Int!
  timestamp: Timestamp!
}

type Account {
  id: ID!
  chainId: Int!
  balance: BigInt!
  transfers: Int!
  outgoing: [Transfer!]! @derivedFrom(field: "from")
}

type Holder {
  id: ID!
  chainId: Int!
  since: Int!
}
"""
HANDLER = """
const moved = async (context, chainId, address, amount) => {
  const id = `${chainId}-${address}`;
  const account = (await context.Account.get(id)) ?? { id, chainId, balance: 0n, transfers: 0 };
  context.Account.set({ ...account, balance: account.balance + amount, transfers: account.transfers + 1 });
};

const transferred = async ({ event, context }) => {
  const { chainId, block, logIndex } = event;
  const { value } = event.params;
  const [from, to] = [event.params.from, event.params.to].map((each) => each.toLowerCase());
  context.Transfer.set({
    id: `${chainId}-${block.number}-${logIndex}`,
    chainId,
    from_id: `${chainId}-${from}`,
    to,
    sender: event.params.from,
    kind: value % 2n === 0n ? "EVEN" : "ODD",
    value,
    blockNumber: block.number,
    timestamp: new Date(block.timestamp * 1000),
  });
  await moved(context, chainId, from, -value);
  await moved(context, chainId, to, value);
  context.Holder.deleteUnsafe(`${chainId}-${from}`);
  context.Holder.set({ id: `${chainId}-${to}`, chainId, since: block.number });
};
"""
CODE = "/* the handler */"
REGISTERED = f"{CONTRACT}.Transfer.handler(transferred);"
OF_MODULES = f'import {{ {CONTRACT} }} from "{GENERATED}";\n{CODE}\n{REGISTERED}\n'
OF_COMMON_JS = f'const {{ {CONTRACT} }} = require("{GENERATED}");\n{CODE}\n{REGISTERED}\n'
OF_LATER = (
    f'import {{ indexer }} from "envio";\n{CODE}\n'
    f'indexer.onEvent({{ contract: "{CONTRACT}", event: "Transfer" }}, transferred);\n'
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """The project as it is written at first, or with what is changed in it."""

    chains: tuple[int, ...]
    handler: str = HANDLER
    schema: str = SCHEMA_TEXT
    description: str = "What a release is verified with"
    addresses: tuple[str, ...] = (POINTS,)
    start_block: int = 0
    blocks_at_once: int = 100
    backoff: int = 1000

    def write(self, release: EnvioRelease, packages: Path, into: Path) -> None:
        """`packages` is a project that pins the release, with its lock, where it is installed by one."""
        (into / HANDLERS).parent.mkdir(parents=True)
        for lock in LOCKS:
            if (packages / lock).is_file():
                (into / lock).write_text((packages / lock).read_text())
        package = json.loads((packages / PACKAGE).read_text())
        is_common = release.config.chains == FORMS[1]
        package = {key: value for key, value in package.items() if key not in {"type", "scripts"}}
        package |= {} if is_common else {"type": "module"}
        (into / PACKAGE).write_text(json.dumps(package, indent=1) + "\n")
        form = OF_COMMON_JS if is_common else OF_MODULES if release.generates else OF_LATER
        (into / HANDLERS).write_text(form.replace(CODE, self.handler))
        (into / SCHEMA).write_text(self.schema)
        (into / CONFIG).write_text(yaml.safe_dump(self._config(release), sort_keys=False))

    def _config(self, release: EnvioRelease) -> Mapping[str, Any]:
        return {
            "name": "verify",
            "description": self.description,
            "schema": SCHEMA,
            "rollback_on_reorg": True,
            "raw_events": True,
            "contracts": [{"name": CONTRACT, "handler": HANDLERS, "events": [{"event": EVENT}]}],
            release.config.chains: [self._chain(release, chain) for chain in self.chains],
        }

    def _chain(self, release: EnvioRelease, chain: int) -> Mapping[str, Any]:
        depth = next(key for key in DEPTH_KEYS if key in release.config.chain)
        rpc = {
            "url": f"${{BELTS_RPC_{chain}}}",
            "for": "sync",
            "initial_block_interval": self.blocks_at_once,
            "interval_ceiling": self.blocks_at_once,
            "acceleration_additive": 0,
            "backoff_millis": self.backoff,
        }
        return {
            "id": chain,
            "start_block": self.start_block,
            depth: REORG_DEPTH,
            "rpc": rpc,
            "contracts": [{"name": CONTRACT, "address": list(self.addresses)}],
        }


def changes(sample: Sample, other_chain: int) -> Mapping[str, Sample]:
    """One change of each kind, by the fact that it is told in."""
    field = "  since: Int!\n"
    return {
        "comment": replace(sample, handler=f"// another comment\n{sample.handler}"),
        "handler": replace(sample, handler=f"{sample.handler}\nglobalThis.another = true;\n"),
        "source": replace(sample, backoff=sample.backoff + 1),
        "description": replace(sample, description="another description"),
        "documentation": replace(
            sample, schema=sample.schema.replace("type Holder", '"""Who holds."""\ntype Holder')
        ),
        "chain_added": replace(sample, chains=(*sample.chains, other_chain)),
        "address_added": replace(sample, addresses=(*sample.addresses, NOBODY)),
        "start_block": replace(sample, start_block=sample.start_block + 1),
        "field_added": replace(sample, schema=sample.schema.replace(field, f"{field}  note: String\n")),
    }
