import { Button } from "@supportcarr/ui/Button";
import { Key } from "@supportcarr/ui/Key";

import { texts } from "../../../lib/texts.ts";

const text = texts.review.keys;

/** The keys of the review, where there is a keyboard; a person can turn them off. */
export function KeyList({ enabled, onToggle }: { enabled: boolean; onToggle: () => void }) {
  return (
    <section aria-label={text.title} className="mt-5 hidden rounded-xl border border-(--border) p-3 text-xs text-(--muted) lg:block">
      <h2 className="mb-2 text-sm font-semibold text-(--text)">{text.title}</h2>
      {enabled ? (
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] items-center gap-x-3 gap-y-1.5">
          {text.list.map(({ keys, does }) => (
            <div key={does} className="contents">
              <dt className="flex gap-1">
                {keys.map((key) => (
                  <Key key={key}>{key}</Key>
                ))}
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
      ) : (
        <p>{text.off}</p>
      )}
      <Button variant="ghost" className="mt-2 -ml-2.5 underline underline-offset-4" onClick={onToggle}>
        {enabled ? text.turnOff : text.turnOn}
      </Button>
    </section>
  );
}
