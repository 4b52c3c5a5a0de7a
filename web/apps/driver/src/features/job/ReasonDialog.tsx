import { Modal } from "@supportcarr/ui/Modal";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { Button } from "@supportcarr/ui/Button";
import { Notice } from "@supportcarr/ui/Notice";

interface ReasonDialogProps {
  title: string;
  about: string;
  /** What is lost by it. */
  warning?: string;
  reasons: readonly { value: string; label: string }[];
  submit: string;
  busy: boolean;
  onReason: (reason: string) => void;
  onClose: () => void;
}

const MAX_LETTERS = 200;

/** Why a job is ended: one of the reasons, or own words. */
export function ReasonDialog({ title, about, warning, reasons, submit, busy, onReason, onClose }: ReasonDialogProps) {
  const text = useTranslations("job.more");
  const [reason, setReason] = useState("");
  const [words, setWords] = useState("");
  return (
    <Modal title={title} about={about} onClose={onClose}>
      {warning ? (
        <Notice tone="warning" className="mb-4">
          {warning}
        </Notice>
      ) : null}
      <fieldset className="space-y-2">
        <legend className="mb-1 text-sm font-medium">{text("why")}</legend>
        {reasons.map(({ value, label }) => (
          <label key={value} className="flex min-h-13 items-center gap-3 rounded-xl border border-(--border) px-4 has-checked:border-(--accent) has-checked:bg-(--selected) has-focus-visible:outline-2">
            <input type="radio" name="reason" value={value} checked={reason === value} onChange={() => setReason(value)} className="size-5 accent-(--accent)" />
            {label}
          </label>
        ))}
      </fieldset>
      {reason === "other" ? (
        <label className="mt-3 block">
          <span className="text-sm font-medium">{text("words")}</span>
          <textarea value={words} maxLength={MAX_LETTERS} onChange={({ target }) => setWords(target.value)} className="mt-1 min-h-20 w-full rounded-xl border border-(--border-strong) bg-(--background) p-3" />
        </label>
      ) : null}
      <div className="mt-5 space-y-2">
        <Button variant="danger" size="lg" block busy={busy} disabled={!reason} onClick={() => onReason(reason === "other" && words.trim() ? words.trim() : reason)}>
          {submit}
        </Button>
        <Button variant="secondary" block onClick={onClose}>
          {text("goOn")}
        </Button>
      </div>
    </Modal>
  );
}
