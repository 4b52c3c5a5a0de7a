import { Modal } from "@supportcarr/ui/Modal";
import type { ReactNode } from "react";

import { Button } from "./Button.tsx";

export interface AlertDialogProps {
  title: string;
  body?: ReactNode;
  confirm: string;
  /** Without it there is nothing to choose. */
  cancel?: string;
  danger?: boolean;
  busy?: boolean;
  onConfirm: () => void;
  onCancel: () => void;
}

export function AlertDialog({ title, body, confirm, cancel, danger = false, busy = false, onConfirm, onCancel }: AlertDialogProps) {
  return (
    <Modal title={title} onClose={onCancel}>
      {body}
      <div className="mt-5 flex flex-col gap-2">
        <Button variant={danger ? "danger" : "primary"} block busy={busy} onClick={onConfirm}>{confirm}</Button>
        {cancel ? <Button variant="secondary" block onClick={onCancel}>{cancel}</Button> : null}
      </div>
    </Modal>
  );
}
