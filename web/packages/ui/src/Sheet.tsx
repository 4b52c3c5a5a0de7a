import * as Dialog from "@radix-ui/react-dialog";
import type { ReactNode } from "react";

/** A side sheet over the page; Escape, the cross and a click beside it close it. */
export function Sheet({ title, open, onClose, children }: { title: string; open: boolean; onClose: () => void; children: ReactNode }) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-20 bg-black/25" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-y-0 right-0 z-30 flex w-[26rem] max-w-full flex-col border-l border-(--line) bg-(--panel) text-(--ink) shadow-2xl"
        >
          <header className="flex items-center justify-between border-b border-(--line) px-5 py-3">
            <Dialog.Title className="text-base font-semibold">{title}</Dialog.Title>
            <Dialog.Close aria-label="Close" className="rounded-md px-2 py-1 text-xl leading-none text-(--quiet) hover:bg-(--hover)">
              ×
            </Dialog.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">{children}</div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
