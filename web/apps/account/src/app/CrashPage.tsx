import { Button } from "@supportcarr/ui/Button";

import { texts } from "../lib/texts.ts";

/** Shown in place of a page that threw while rendering. */
export function CrashPage() {
  return (
    <div role="alert" className="py-10 text-center">
      <h1 className="text-lg font-semibold">{texts.crash.title}</h1>
      <p className="mt-2 text-sm text-(--muted)">{texts.crash.help}</p>
      <Button className="mt-5" onClick={() => location.reload()}>
        {texts.crash.reload}
      </Button>
    </div>
  );
}
