import * as Dialog from "@radix-ui/react-dialog";
import type { ReactNode } from "react";

/**
 * A sheet at the right edge of `place` that leaves what is beside it in use: no veil, and a click
 * elsewhere does not close it.  Escape and the cross do.
 */
export function Sheet({
  title,
  closeLabel,
  open,
  onClose,
  place,
  children,
}: {
  title: string;
  closeLabel: string;
  open: boolean;
  onClose: () => void;
  place: HTMLElement | null;
  children: ReactNode;
}) {
  return (
    <Dialog.Root open={open && place !== null} modal={false} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal container={place}>
        <Dialog.Content
          aria-describedby={undefined}
          onInteractOutside={(event) => event.preventDefault()}
          className="fixed inset-0 z-30 flex flex-col overflow-hidden border border-(--line) bg-(--panel) text-(--ink) shadow-xl sm:left-auto sm:w-[25rem] lg:absolute lg:rounded-xl"
        >
          <header className="flex items-center justify-between border-b border-(--line) px-5 py-2">
            <Dialog.Title className="text-base font-semibold">{title}</Dialog.Title>
            <Dialog.Close aria-label={closeLabel} className="rounded-md p-2 text-(--quiet) hover:bg-(--hover) hover:text-(--ink)">
              <svg viewBox="0 0 16 16" className="size-4" aria-hidden="true">
                <path d="m3 3 10 10M13 3 3 13" stroke="currentColor" strokeWidth="1.75" strokeLinecap="round" />
              </svg>
            </Dialog.Close>
          </header>
          {/* Focusable, so that the keyboard can scroll it. */}
          <div tabIndex={0} className="min-h-0 flex-1 overflow-y-auto px-5 py-4 -outline-offset-2">
            {children}
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
