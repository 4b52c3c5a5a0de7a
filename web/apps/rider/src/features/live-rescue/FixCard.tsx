import { useFormats } from "@supportcarr/i18n/useFormats";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslations } from "use-intl";

import { confirmFix, rescueQueries } from "../../lib/api/rescues.ts";
import type { Rescue } from "../../lib/api/types.ts";
import { Button } from "@supportcarr/ui/Button";
import { useSend } from "@supportcarr/phone-app/useSend";

/** The driver says that the bike is fixed: the rider agrees to the price, or says that it is not. */
export function FixCard({ rescue }: { rescue: Rescue }) {
  const text = useTranslations("live.fix");
  const formats = useFormats();
  const queryClient = useQueryClient();
  const { busy, send } = useSend();
  const price = rescue.fix?.price_minor;
  if (typeof price !== "number") return null;
  const { currency, total_minor } = rescue.quote;
  return (
    <section aria-label={text("label")} className="rounded-2xl border border-(--accent) p-4">
      <p>{text("about", { price: formats.money(price, currency), quote: formats.money(total_minor, currency) })}</p>
      <div className="mt-3 space-y-2">
        <Button
          size="lg"
          block
          busy={busy}
          onClick={() => void send(() => confirmFix(rescue.id, price), { done: text("done"), onDone: () => queryClient.invalidateQueries({ queryKey: rescueQueries.of(rescue.id) }) })}
        >
          {text("agree", { price: formats.money(price, currency) })}
        </Button>
        <Link to="/rescues/$rescueId/chat" params={{ rescueId: rescue.id }} className="flex min-h-11 items-center justify-center rounded-xl border border-(--border-strong) font-medium">
          {text("disagree")}
        </Link>
      </div>
    </section>
  );
}
