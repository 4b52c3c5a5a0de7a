import * as Toast from "@radix-ui/react-toast";
import { CircleAlert, CircleCheck, Info, X } from "lucide-react";

import { useUiTexts } from "./texts/useUiTexts.ts";
import { dismissToast, useToasts } from "./toasts.ts";

const ICONS = { success: CircleCheck, danger: CircleAlert, info: Info } as const;
const SHOWN_MS = 6_000;

/**
 * The place where messages appear; put it once into an app.  They stand below the bar of a screen, whose way back stays
 * free.  F8 moves the focus to it, a swipe removes a message.
 */
export function Toasts() {
  const text = useUiTexts().toast;
  const toasts = useToasts((state) => state.toasts);
  return (
    <Toast.Provider label={text.region} duration={SHOWN_MS} swipeDirection="up">
      {toasts.map(({ id, tone, message }) => {
        const Icon = ICONS[tone];
        return (
          <Toast.Root
            key={id}
            type={tone === "danger" ? "foreground" : "background"}
            onOpenChange={(open) => !open && dismissToast(id)}
            className={`rise flex items-center gap-3 rounded-xl px-4 py-2 text-sm shadow-(--shadow) ${tone === "danger" ? "bg-(--danger-soft) text-(--danger-text)" : "bg-(--ink) text-(--on-ink)"}`}
          >
            <Icon className="size-5 shrink-0" aria-hidden="true" />
            <Toast.Description className="min-w-0 flex-1 py-1 wrap-break-word">{message}</Toast.Description>
            <Toast.Close aria-label={text.dismiss} className="-mr-2 inline-flex size-11 shrink-0 items-center justify-center rounded-full">
              <X className="size-4" aria-hidden="true" />
            </Toast.Close>
          </Toast.Root>
        );
      })}
      <Toast.Viewport className="fixed inset-x-3 top-[calc(4rem+env(safe-area-inset-top))] z-60 mx-auto flex max-w-md flex-col gap-2 outline-none" />
    </Toast.Provider>
  );
}
