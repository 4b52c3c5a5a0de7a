import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

import { ReviewQueue } from "../features/drivers/review/ReviewQueue.tsx";
import { texts } from "../lib/texts.ts";
import { OfficePage } from "./OfficePage.tsx";

export function ReviewRoute() {
  const { driver } = useSearch({ from: "/office/applications" });
  const navigate = useNavigate();
  const select = useCallback((id: string | undefined) => void navigate({ to: "/applications", search: { driver: id }, replace: true }), [navigate]);
  return (
    <OfficePage title={texts.review.title} about={texts.review.about}>
      <ReviewQueue selected={driver} onSelect={select} />
    </OfficePage>
  );
}
