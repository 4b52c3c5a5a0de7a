import { type ReactNode, useId } from "react";

/** One part of the system with its name. */
export function Section({ title, wide = false, children }: { title: string; wide?: boolean; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={`min-w-0 rounded-2xl border border-(--border) bg-(--surface) p-4 sm:p-6 ${wide ? "lg:col-span-2" : ""}`}>
      <h2 id={id} className="mb-4 text-lg font-bold">
        {title}
      </h2>
      {children}
    </section>
  );
}
