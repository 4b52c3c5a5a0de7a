import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ChevronLeft } from "lucide-react";
import { useTranslations } from "use-intl";

import { rescueQueries } from "../../lib/api/rescues.ts";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { useDocumentTitle } from "@supportcarr/phone-app/useDocumentTitle";
import { RescueView } from "./RescueView.tsx";

/** One rescue: while it goes on where the truck is and what to do, afterwards how it ended. */
export function LiveScreen() {
  const text = useTranslations("live");
  const common = useTranslations("common");
  const { rescueId } = useParams({ from: "/signed-in/rescues/$rescueId" });
  const rescue = useQuery(rescueQueries.detail(rescueId));
  const timeline = useQuery(rescueQueries.timeline(rescueId));
  useDocumentTitle(text("title"));
  return (
    <main className="relative flow-root h-full">
      <Link
        to="/"
        aria-label={common("toStart")}
        className="absolute top-[calc(0.75rem+env(safe-area-inset-top))] left-3 z-20 inline-flex size-11 items-center justify-center rounded-full border border-(--border) bg-(--surface) shadow-md"
      >
        <ChevronLeft aria-hidden="true" className="size-6" />
      </Link>
      <Loaded query={rescue} lines={5} className="mx-4 mt-[calc(4.5rem+env(safe-area-inset-top))]">
        {(data) => <RescueView rescue={data} loadedAt={rescue.dataUpdatedAt} timeline={timeline.data ?? []} />}
      </Loaded>
    </main>
  );
}
