import type { ReactNode } from "react";

export type Snap = "peek" | "half" | "full";

export function BottomSheet({ label, children }: { label: string; snap?: Snap; onSnap?: (snap: Snap) => void; children: ReactNode }) {
  return (
    <section aria-label={label} className="absolute inset-x-0 bottom-0 z-10 mx-auto max-h-[72%] max-w-xl overflow-y-auto rounded-t-[20px] border-t border-(--border) bg-(--surface) px-4 pt-4 pb-4 shadow-xl">
      {children}
    </section>
  );
}
