import * as Dialog from "@radix-ui/react-dialog";
import type { ReactNode } from "react";

import { Button } from "./Button.tsx";

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
  return (
    <Dialog.Root open onOpenChange={(open) => !open && dismissible && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/50" />
        <Dialog.Content
          {...(about ? {} : { "aria-describedby": undefined })}
          className={`fixed top-1/2 left-1/2 z-50 max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] ${wide ? "max-w-4xl" : "max-w-md"} -translate-x-1/2 -translate-y-1/2 overflow-y-auto rounded-2xl border border-(--border) bg-(--surface) p-6 text-(--text) shadow-xl`}
        >
          <Dialog.Title className="text-lg font-semibold wrap-break-word">{title}</Dialog.Title>
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
