import type { ReactNode } from "react";

export interface PriceLine {
  label: string;
  detail?: ReactNode;
  amount: string;
}

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
      <div className="mt-1 flex justify-between gap-4 border-t border-(--border) pt-2.5 text-base font-semibold">
        <dt>
          {total.label}
          {total.detail ? <span className="block text-sm font-normal text-(--muted)">{total.detail}</span> : null}
        </dt>
        <dd className="tabular-nums">{total.amount}</dd>
      </div>
    </dl>
  );
}
