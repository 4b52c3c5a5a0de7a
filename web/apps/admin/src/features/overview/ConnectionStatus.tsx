import { useCityStore } from "../../lib/cityStore.ts";
import { texts } from "../../lib/texts.ts";

/** Each status has a shape of its own, so that it does not depend on colour alone. */
const DOT_CLASSES = {
  live: "bg-emerald-600 dark:bg-emerald-400",
  connecting: "border-2 border-amber-600 dark:border-amber-300",
  offline: "rounded-none! bg-rose-600 dark:bg-rose-400 rotate-45",
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
