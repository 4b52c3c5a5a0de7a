import * as Dialog from "@radix-ui/react-alert-dialog";
import type { ReactNode } from "react";

import { Button } from "./Button.tsx";
import { useReturnFocus } from "./useReturnFocus.ts";

export interface AlertDialogProps {
  title: string;
  body?: ReactNode;
  confirm: string;
  cancel: string;
  /** What is confirmed cannot be undone. */
  danger?: boolean;
  busy?: boolean;
  onConfirm: () => void;
  onCancel: () => void;
}

/** Asks before something that matters; open while it is mounted.  Escape cancels, a press outside does nothing. */
export function AlertDialog({ title, body, confirm, cancel, danger = false, busy = false, onConfirm, onCancel }: AlertDialogProps) {
  const returnFocus = useReturnFocus();
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onCancel()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-(--scrim)" />
        <Dialog.Content
          onCloseAutoFocus={returnFocus}
          {...(body ? {} : { "aria-describedby": undefined })}
          className="rise fixed inset-x-3 bottom-[calc(0.75rem+env(safe-area-inset-bottom))] z-50 mx-auto max-h-[calc(100dvh-2rem)] max-w-md overflow-y-auto rounded-(--radius-sheet) border border-(--border) bg-(--surface-raised) p-5 text-(--text) shadow-(--shadow) sm:top-1/2 sm:bottom-auto sm:-translate-y-1/2"
        >
          <Dialog.Title className="text-lg font-bold wrap-break-word">{title}</Dialog.Title>
          {body ? (
            <Dialog.Description asChild>
              <div className="mt-2 text-(--muted)">{body}</div>
            </Dialog.Description>
          ) : null}
          <div className="mt-5 flex flex-col gap-2">
            <Button variant={danger ? "danger" : "primary"} size="lg" block busy={busy} onClick={onConfirm}>
              {confirm}
            </Button>
            <Dialog.Cancel asChild>
              <Button variant="secondary" size="lg" block>
                {cancel}
              </Button>
            </Dialog.Cancel>
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
