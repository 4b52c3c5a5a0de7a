import { QueuedActions } from "@supportcarr/phone-app/QueuedActions";
import { useQueue } from "@supportcarr/pwa/queue";

import { queue } from "../queue.ts";
import { isEnteredCard } from "./enteredCard.ts";

/** Cards that were entered and are not the rider's yet: they wait for a connection, or were refused. */
export function EnteredCards() {
  const cards = useQueue(queue).filter((action) => isEnteredCard(action) && (action.waited || action.state === "failed"));
  return cards.map(({ id, subject }) => <QueuedActions key={id} subject={subject} />);
}
