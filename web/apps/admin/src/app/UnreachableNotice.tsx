import { Notice } from "@supportcarr/ui/Notice";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

import { isReachable, useUnanswered } from "../lib/reachable.ts";
import { http } from "../lib/session.ts";
import { texts } from "../lib/texts.ts";

const RECHECK_MS = 3_000;

/** Says that the platform does not answer, asks until it does, and then loads all anew. */
export function UnreachableNotice() {
  const reachable = useUnanswered(isReachable);
  const queryClient = useQueryClient();
  const wasAway = useRef(false);
  useEffect(() => {
    if (!reachable) {
      wasAway.current = true;
      const timer = setInterval(() => void http.get("/clock").catch(() => undefined), RECHECK_MS);
      return () => clearInterval(timer);
    }
    if (wasAway.current) void queryClient.invalidateQueries();
    wasAway.current = false;
    return undefined;
  }, [reachable, queryClient]);
  if (reachable) return null;
  return (
    <div className="sticky top-3 z-10">
      <Notice tone="warning" className="shadow-(--shadow)">
        <span className="font-semibold">{texts.page.unreachable}</span> {texts.page.lastState}
      </Notice>
    </div>
  );
}
