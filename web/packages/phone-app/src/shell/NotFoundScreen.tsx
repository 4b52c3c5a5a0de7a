import { useTranslations } from "use-intl";

import { linkProps } from "../appLinks.ts";
import { TextLink } from "../TextLink.tsx";

/** For an address that leads nowhere. */
export function NotFoundScreen() {
  const text = useTranslations("common");
  return (
    <main className="mx-auto max-w-xl px-6 py-16 text-center">
      <h1 className="text-xl font-semibold">{text("noPage")}</h1>
      <p className="mt-4">
        <TextLink {...linkProps({ to: "/" })}>{text("toStart")}</TextLink>
      </p>
    </main>
  );
}
