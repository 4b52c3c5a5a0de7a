import { useCity } from "../../lib/city.ts";
import { texts } from "../../lib/texts.ts";

/** Filled, hollow or crossed: the state is told by shape and word, not by colour alone. */
const DOTS = {
  live: "bg-emerald-600 dark:bg-emerald-400",
  connecting: "border-2 border-amber-600 dark:border-amber-300",
  offline: "rounded-none! bg-rose-600 dark:bg-rose-400 rotate-45",
} as const;

export function Connection() {
  const connection = useCity((city) => city.connection);
  return (
    <div role="status" className="mr-2 flex items-center gap-2 whitespace-nowrap">
      <span className={`size-2.5 rounded-full ${DOTS[connection]}`} />
      {texts.header.connection[connection]}
    </div>
  );
}
