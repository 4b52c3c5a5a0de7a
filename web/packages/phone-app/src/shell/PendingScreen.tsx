import { Skeleton } from "@supportcarr/ui/Skeleton";
import { useTranslations } from "use-intl";

/** While the code of a screen is loaded. */
export function PendingScreen() {
  const text = useTranslations("common");
  return (
    <main className="mx-auto max-w-xl px-4 py-6">
      <Skeleton label={text("loading")} lines={4} />
    </main>
  );
}
