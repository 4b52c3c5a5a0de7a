import { useCityStore } from "../../lib/cityStore.ts";
import { texts } from "../../lib/texts.ts";

/** Each status has a shape of its own, so that it does not depend on colour alone. */
const DOT_CLASSES = {
  live: "bg-(--success)",
  connecting: "border-2 border-(--signal-line)",
  offline: "rounded-none! bg-(--danger) rotate-45",
} as const;

export function ConnectionStatus() {
  const connection = useCityStore((state) => state.connection);
  return (
    <div role="status" className="mr-2 flex items-center gap-2 whitespace-nowrap">
      <span className={`size-2.5 rounded-full ${DOT_CLASSES[connection]}`} />
      {texts.header.connection[connection]}
    </div>
  );
}
