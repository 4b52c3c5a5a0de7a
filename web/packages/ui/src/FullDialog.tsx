import * as Dialog from "@radix-ui/react-dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";

import { IconButton } from "./IconButton.tsx";
import { useUiTexts } from "./texts/useUiTexts.ts";
import { useReturnFocus } from "./useReturnFocus.ts";

/** A dialog that fills the screen, open while it is mounted: where a person types, so that the keyboard leaves room. */
export function FullDialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const text = useUiTexts();
  const returnFocus = useReturnFocus();
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Content onCloseAutoFocus={returnFocus} aria-describedby={undefined} className="rise fixed inset-0 z-50 overflow-y-auto bg-(--background) px-4 pt-[env(safe-area-inset-top)] pb-6 text-(--text)">
          <div className="mx-auto max-w-xl">
            <div className="flex min-h-14 items-center justify-between gap-2">
              <Dialog.Title className="text-lg leading-tight font-bold">{title}</Dialog.Title>
              <Dialog.Close asChild>
                <IconButton label={text.close} icon={<X aria-hidden="true" className="size-6" />} />
              </Dialog.Close>
            </div>
            {children}
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
