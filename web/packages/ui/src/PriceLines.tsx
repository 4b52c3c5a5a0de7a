import type { ReactNode } from "react";

export interface PriceLine {
  label: string;
  /** Where the amount comes from. */
  detail?: ReactNode;
  /** Formatted, with its currency. */
  amount: string;
}

/** A price, line by line, and its total. */
export function PriceLines({ lines, total }: { lines: readonly PriceLine[]; total: PriceLine }) {
  return (
    <dl className="text-sm">
      {lines.map(({ label, detail, amount }) => (
        <div key={label} className="flex justify-between gap-4 py-1.5">
          <dt>
            {label}
            {detail ? <span className="block text-(--muted)">{detail}</span> : null}
          </dt>
          <dd className="tabular-nums">{amount}</dd>
        </div>
      ))}
      <div className="mt-1.5 flex items-baseline justify-between gap-4 border-t border-dashed border-(--border-strong) pt-3">
        <dt className="text-base font-semibold">
          {total.label}
          {total.detail ? <span className="block text-sm font-normal text-(--muted)">{total.detail}</span> : null}
        </dt>
        <dd className="display text-xl font-bold tabular-nums">{total.amount}</dd>
      </div>
    </dl>
  );
}
