import { useProblemText } from "@supportcarr/phone-app/useProblemText";
import type { RefusedAction } from "@supportcarr/pwa/queue";
import { Modal } from "@supportcarr/ui/Modal";
import { Notice } from "@supportcarr/ui/Notice";
import { type FormEvent, useRef, useState } from "react";
import { useTranslations } from "use-intl";

import { Button } from "@supportcarr/ui/Button";
import { triesLeft } from "../../lib/triesLeft.ts";
import { useStep } from "./useStep.ts";

interface PinDialogProps {
  rescueId: string;
  onClose: () => void;
}

/** The rider says the PIN, the driver types it; five tries. */
export function PinDialog({ rescueId, onClose }: PinDialogProps) {
  const text = useTranslations("job.pinEntry");
  const sentence = useProblemText();
  const { busy, step } = useStep(rescueId);
  const [pin, setPin] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const [refusal, setRefusal] = useState<RefusedAction | null>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (pin.length !== 4) return;
    const refused = await step("start", { pin }, { quiet: true });
    if (!refused) {
      onClose();
      return;
    }
    setPin("");
    setRefusal(refused);
    field.current?.focus(); // for the next try; the button that had the focus is disabled until four digits are there
  };
  const said = (refused: RefusedAction): string => {
    const left = refused.code === "pin_wrong" ? triesLeft(refused.detail) : null;
    if (refused.code === "pin_locked" || left === 0) return text("locked");
    return left === null ? sentence(refused) : text("wrong", { left });
  };
  const problem = refusal ? said(refusal) : null;
  return (
    <Modal title={text("title")} about={text("about")} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} className="space-y-4">
        <label className="block">
          <span className="text-sm font-medium">{text("field")}</span>
          <input
            ref={field}
            autoFocus
            inputMode="numeric"
            autoComplete="off"
            pattern="[0-9]{4}"
            maxLength={4}
            value={pin}
            aria-invalid={problem ? true : undefined}
            aria-describedby={problem ? "pin-problem" : undefined}
            onChange={({ target }) => setPin(target.value.replaceAll(/\D/g, ""))}
            className="mt-1 w-full rounded-xl border border-(--border-strong) bg-(--background) py-3 text-center text-5xl font-semibold tracking-[0.4em] tabular-nums"
          />
        </label>
        {problem ? (
          <div id="pin-problem">
            <Notice tone="danger">{problem}</Notice>
          </div>
        ) : null}
        <Button type="submit" size="lg" block busy={busy} disabled={pin.length !== 4}>
          {text("submit")}
        </Button>
        <Button variant="quiet" block onClick={onClose}>
          {text("cancel")}
        </Button>
      </form>
    </Modal>
  );
}
