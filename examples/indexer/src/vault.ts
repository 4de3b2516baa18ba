import { BigDecimal, Vault } from "generated";
import { touch } from "./activity";

const KINDS = ["FLEXIBLE", "LOCKED", "GRANTED"] as const;
const WEI = new BigDecimal(10).pow(18);

/** The text of a bytes32 that holds ASCII, padded with zeros. */
const text = (bytes: string) => Buffer.from(bytes.slice(2), "hex").toString("ascii").replace(/\0+$/, "");

Vault.PositionOpened.handler(async ({ event, context }) => {
  const { id, owner, kind, amount, tags, note } = event.params;
  const { chainId, block } = event;

  context.Position.set({
    id: `${chainId}-${id}`,
    chainId,
    owner_id: `${chainId}-${owner}`,
    kind: KINDS[Number(kind)]!,
    status: "OPEN",
    amount: new BigDecimal(amount.toString()).div(WEI),
    tags,
    note: note === "0x" ? undefined : note,
    terms: { days: 30 * (Number(kind) + 1), boosted: tags.includes("boosted") },
    openedBlock: block.number,
    openedAt: new Date(block.timestamp * 1000),
    closedAt: undefined,
    profit: undefined,
  });
  await touch(context, event, "PositionOpened");
});

Vault.PositionClosed.handler(async ({ event, context }) => {
  const position = await context.Position.getOrThrow(`${event.chainId}-${event.params.id}`);
  context.Position.set({
    ...position,
    status: "CLOSED",
    closedAt: new Date(event.block.timestamp * 1000),
    profit: event.params.profit,
  });
  await touch(context, event, "PositionClosed");
});

Vault.PriceSet.handler(async ({ event, context }) => {
  const { chainId, block, logIndex } = event;
  const value = new BigDecimal(event.params.price.toString()).div(WEI);
  const pair = text(event.params.pair);

  context.Price.set({
    id: `${chainId}-${block.number}-${logIndex}`,
    chainId,
    pair,
    value,
    weight: value.isGreaterThan(9) ? value.toNumber() : undefined,
    major: pair !== "EUR/USD",
    timestamp: new Date(block.timestamp * 1000),
  });
  await touch(context, event, "PriceSet");
});
