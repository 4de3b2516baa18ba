import { Badges } from "generated";
import { touch } from "./activity";

Badges.BadgeAwarded.handler(async ({ event, context }) => {
  const { id, to, label } = event.params;
  const { chainId, block } = event;

  context.Badge.set({
    id: `${chainId}-${id}`,
    chainId,
    owner_id: `${chainId}-${to}`,
    label,
    blockNumber: block.number,
    timestamp: new Date(block.timestamp * 1000),
  });
  await touch(context, event, "BadgeAwarded");
});
