import { Points, type HandlerContext } from "generated";
import { touch } from "./activity";

/** Moves `amount` (negative: away from it) on one account of one chain, and makes the account if need be. */
async function move(context: HandlerContext, chainId: number, address: string, amount: bigint, at: Date) {
  const id = `${chainId}-${address}`;
  const account = await context.Account.getOrCreate({
    id, chainId, address, balance: 0n, received: 0n, transfers: 0, lastActive: at,
  });
  context.Account.set({
    ...account,
    balance: account.balance + amount,
    received: account.received + (amount > 0n ? amount : 0n),
    transfers: account.transfers + 1,
    lastActive: at,
  });
}

Points.Transfer.handler(async ({ event, context }) => {
  const { from, to, value } = event.params;
  const { chainId, block, logIndex } = event;
  const timestamp = new Date(block.timestamp * 1000);

  context.Transfer.set({
    id: `${chainId}-${block.number}-${logIndex}`,
    chainId,
    from_id: `${chainId}-${from}`,
    to_id: `${chainId}-${to}`,
    value,
    blockNumber: block.number,
    logIndex,
    timestamp,
    transactionHash: event.transaction.hash,
  });
  await move(context, chainId, from, -value, timestamp);
  await move(context, chainId, to, value, timestamp);
  await touch(context, event, "Transfer");
});
