import { useFormats } from "@supportcarr/i18n/useFormats";
import { useProblemText } from "@supportcarr/phone-app/useProblemText";
import { RefusedAction } from "@supportcarr/pwa/queue";
import { Modal } from "@supportcarr/ui/Modal";
import { Notice } from "@supportcarr/ui/Notice";
import { type FormEvent, useState } from "react";
import { useTranslations } from "use-intl";

import type { Rescue } from "../../lib/api/types.ts";
import { fractionDigitsOf, readAmount } from "../../lib/price.ts";
import { Button } from "@supportcarr/ui/Button";
import { useStep } from "./useStep.ts";

/** The bike rolls again: for how much.  The rider agrees by the PIN, or in their own app. */
export function FixDialog({ rescue, onClose }: { rescue: Rescue; onClose: () => void }) {
  const text = useTranslations("job.fix");
  const formats = useFormats();
  const sentence = useProblemText();
  const { busy, step } = useStep(rescue.id);
  const { total_minor, currency } = rescue.quote;
  const [entered, setEntered] = useState("");
  const [pin, setPin] = useState("");
  const [problem, setProblem] = useState<"range" | RefusedAction | null>(null);
  const proposed = rescue.fix?.price_minor ?? null;
  const confirmed = rescue.fix?.confirmed_minor ?? null;
  const price = readAmount(entered, fractionDigitsOf(currency)) ?? (entered === "" ? proposed : null);
  const agreed = confirmed !== null && price === confirmed;
  const asked = problem instanceof RefusedAction && problem.code === "rider_confirmation_required";
  const said = problem === "range" ? text("range", { most: formats.money(total_minor, currency) }) : asked ? text("asked") : problem ? sentence(problem) : null;

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (price === null || price > total_minor) {
      setProblem("range");
      return;
    }
    setProblem(null);
    const refused = await step("completion", { outcome: "fixed_on_spot", price_minor: price, ...(pin ? { pin } : {}) }, { quiet: true });
    if (refused) setProblem(refused);
    else onClose();
  }

  return (
    <Modal title={text("title")} about={text("about", { most: formats.money(total_minor, currency) })} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} className="space-y-4">
        {confirmed !== null ? <Notice tone="success">{text("agreed", { price: formats.money(confirmed, currency) })}</Notice> : null}
        <label className="block">
          <span className="text-sm font-medium">{text("price", { currency })}</span>
          <input
            inputMode="decimal"
            autoComplete="off"
            value={entered}
            placeholder={proposed === null ? "" : formats.money(proposed, currency)}
            onChange={({ target }) => setEntered(target.value)}
            className="mt-1 w-full rounded-xl border border-(--border-strong) bg-(--background) px-4 py-3 text-3xl font-semibold tabular-nums"
          />
        </label>
        {agreed ? null : (
          <label className="block">
            <span className="text-sm font-medium">{text("pin")}</span>
            <input
              inputMode="numeric"
              autoComplete="off"
              maxLength={4}
              value={pin}
              onChange={({ target }) => setPin(target.value.replaceAll(/\D/g, ""))}
              className="mt-1 w-full rounded-xl border border-(--border-strong) bg-(--background) px-4 py-3 text-2xl tracking-[0.3em] tabular-nums"
            />
            <span className="mt-1 block text-xs text-(--muted)">{text("pinHint")}</span>
          </label>
        )}
        {said && !(asked && agreed) ? <Notice tone={asked ? "info" : "warning"}>{said}</Notice> : null}
        <Button type="submit" size="lg" block busy={busy}>
          {text("submit")}
        </Button>
        <Button variant="quiet" block onClick={onClose}>
          {text("cancel")}
        </Button>
      </form>
    </Modal>
  );
}
