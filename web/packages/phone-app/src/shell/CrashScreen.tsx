import { useTranslations } from "use-intl";

import { Button } from "@supportcarr/ui/Button";

/** In place of a screen that threw. */
export function CrashScreen() {
  const text = useTranslations("crash");
  return (
    <main className="mx-auto max-w-xl px-6 py-16 text-center">
      <div role="alert">
        <h1 className="text-xl font-semibold">{text("title")}</h1>
        <p className="mt-2 text-(--muted)">{text("help")}</p>
      </div>
      <Button className="mt-6" onClick={() => location.reload()}>
        {text("reload")}
      </Button>
    </main>
  );
}
