import * as Dialog from "@radix-ui/react-dialog";
import type { ReactNode } from "react";

import { useReturnFocus } from "./useReturnFocus.ts";

interface SheetProps {
  title: string;
  closeLabel: string;
  onClose: () => void;
  children: ReactNode;
}

/**
 * A non-modal panel at the right edge of the nearest positioned ancestor, open while it is mounted.  The
 * rest of the page stays usable: there is no overlay, and a click outside does not close the sheet.
 * Escape and the close button do.
 */
export function Sheet({ title, closeLabel, onClose, children }: SheetProps) {
  const returnFocus = useReturnFocus();
  return (
    <Dialog.Root open modal={false} onOpenChange={(open) => !open && onClose()}>
      <Dialog.Content
        aria-describedby={undefined}
        onCloseAutoFocus={returnFocus}
        onInteractOutside={(event) => event.preventDefault()}
        className="fixed inset-0 z-30 flex flex-col overflow-hidden border border-(--border) bg-(--surface) text-(--text) shadow-xl sm:left-auto sm:w-[25rem] lg:absolute lg:rounded-xl"
      >
        <header className="flex items-center justify-between border-b border-(--border) px-5 py-2">
          <Dialog.Title className="text-base font-semibold">{title}</Dialog.Title>
          <Dialog.Close aria-label={closeLabel} className="rounded-md p-2 text-(--muted) hover:bg-(--hover) hover:text-(--text)">
            <svg viewBox="0 0 16 16" className="size-4" aria-hidden="true">
              <path d="m3 3 10 10M13 3 3 13" stroke="currentColor" strokeWidth="1.75" strokeLinecap="round" />
            </svg>
          </Dialog.Close>
        </header>
        {/* Focusable, so that it can be scrolled with the keyboard. */}
        <div tabIndex={0} className="min-h-0 flex-1 overflow-y-auto px-5 py-4 -outline-offset-2">
          {children}
        </div>
      </Dialog.Content>
    </Dialog.Root>
  );
}
