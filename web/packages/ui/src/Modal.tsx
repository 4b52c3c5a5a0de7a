import * as Dialog from "@radix-ui/react-dialog";
import type { ReactNode } from "react";

import { Button } from "./Button.tsx";
import { useReturnFocus } from "./useReturnFocus.ts";

interface ModalProps {
  title: string;
  about?: ReactNode;
  onClose: () => void;
  /** Whether Escape and a click outside close it; not where what it shows would be lost. */
  dismissible?: boolean;
  /** For a picture rather than a form. */
  wide?: boolean;
  /** Says how to close it; for a dialog without a button that does. */
  closeLabel?: string;
  children: ReactNode;
}

/** A dialog in front of the page, open while it is mounted. */
export function Modal({ title, about, onClose, dismissible = true, wide = false, closeLabel, children }: ModalProps) {
  const returnFocus = useReturnFocus();
  return (
    <Dialog.Root open onOpenChange={(open) => !open && dismissible && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-(--scrim)" />
        <Dialog.Content
          onCloseAutoFocus={returnFocus}
          {...(about ? {} : { "aria-describedby": undefined })}
          className={`rise fixed inset-x-3 bottom-[calc(0.75rem+env(safe-area-inset-bottom))] z-50 mx-auto max-h-[calc(100dvh-1.5rem)] ${wide ? "max-w-4xl" : "max-w-md"} overflow-y-auto rounded-sheet border border-(--border) bg-(--surface-raised) p-5 text-(--text) shadow-(--shadow) sm:top-1/2 sm:bottom-auto sm:-translate-y-1/2 sm:p-6`}
        >
          <Dialog.Title className="text-lg font-bold wrap-break-word">{title}</Dialog.Title>
          {about ? <Dialog.Description className="mt-1 text-sm text-(--muted)">{about}</Dialog.Description> : null}
          <div className="mt-5">{children}</div>
          {closeLabel ? (
            <Dialog.Close asChild>
              <Button variant="secondary" className="mt-4 w-full sm:ml-auto sm:block sm:w-auto">
                {closeLabel}
              </Button>
            </Dialog.Close>
          ) : null}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
