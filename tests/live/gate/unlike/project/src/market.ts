import { Market, Pool } from "generated";

const TIERS = { bronze: 30, silver: 20, gold: 10 };

/** What is worth less than this is left out. */
const kept = (amount: bigint) => amount % 5n !== 0n;

Market.PoolCreated.contractRegister(({ event, context }) => {
  context.addPool(event.params.pool);
});

Market.PoolCreated.handler(async ({ event, context }) => {
  const { chainId, block, params } = event;
  for (const [name, rate] of Object.entries(TIERS)) context.Tier.set({ id: `${chainId}-${name}`, chainId, rate });
  context.Venue.set({ id: `${chainId}-${params.pool}`, chainId, number: params.number, blockNumber: block.number });
});

Pool.Swap.handler(async ({ event, context }) => {
  const { chainId, block, logIndex, params, srcAddress } = event;
  if (!kept(params.amount)) return;
  context.Swap.set({
    id: `${chainId}-${block.number}-${logIndex}`,
    chainId,
    venue_id: `${chainId}-${srcAddress.toLowerCase()}`, // parameters are in lower case, and this is checksummed
    user_id: params.user,
    referrer_id: params.referrer,
    amount: params.amount,
    unlocksAt: new Date(Number(params.unlocks) * 1000),
    blockNumber: block.number,
    timestamp: new Date(block.timestamp * 1000),
  });
  const user = await context.User.getOrCreate({ id: params.user, swaps: 0, volume: 0n });
  context.User.set({ ...user, swaps: user.swaps + 1, volume: user.volume + params.amount });
  const totals = await context.Totals.getOrCreate({ id: "all", swaps: 0, volume: 0n });
  context.Totals.set({ ...totals, swaps: totals.swaps + 1, volume: totals.volume + params.amount });
});
