import type { HandlerContext } from "generated";

/** Counts an event of any contract on its chain. The row changes with every event, and with every contract added. */
export async function touch(
  context: HandlerContext, { chainId, block }: { chainId: number; block: { number: number } }, event: string,
) {
  const id = `${chainId}`;
  const activity = await context.ChainActivity.getOrCreate({ id, events: 0, lastBlock: 0, lastEvent: event });
  context.ChainActivity.set({ ...activity, events: activity.events + 1, lastBlock: block.number, lastEvent: event });
}
