/** One figure with its name. */
export function Stat({ label, value, alert = false }: { label: string; value: string | number; alert?: boolean }) {
  return (
    <div className="flex min-w-20 flex-col">
      <dt className="text-[11px] font-medium text-(--quiet)">{label}</dt>
      <dd data-stat={label} className={`text-lg leading-6 font-semibold tabular-nums ${alert ? "text-amber-700 dark:text-amber-300" : ""}`}>
        {value}
      </dd>
    </div>
  );
}
