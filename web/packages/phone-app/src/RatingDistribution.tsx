interface RatingDistributionProps {
  count: number;
  /** How often each number of stars was given, by that number. */
  distribution: Readonly<Record<string, number>>;
  nameOf: (stars: number) => string;
}

/** How often each number of stars was given. */
export function RatingDistribution({ count, distribution, nameOf }: RatingDistributionProps) {
  return (
    <dl className="grid grid-cols-[auto_1fr_auto] items-center gap-x-3 gap-y-3">
      {[5, 4, 3, 2, 1].map((stars) => {
        const given = distribution[String(stars)] ?? 0;
        return (
          <div key={stars} className="contents">
            <dt>{nameOf(stars)}</dt>
            <dd aria-hidden="true" className="h-3 overflow-hidden rounded-full bg-(--border)">
              <span className="block h-full bg-(--signal)" style={{ width: `${(100 * given) / Math.max(1, count)}%` }} />
            </dd>
            <dd className="text-right tabular-nums">{given}</dd>
          </div>
        );
      })}
    </dl>
  );
}
