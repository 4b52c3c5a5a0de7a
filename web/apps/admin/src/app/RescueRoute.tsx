import { useNavigate, useParams } from "@tanstack/react-router";

import { RescueSheet } from "../features/rescues/RescueSheet.tsx";
import { shortId } from "../lib/format.ts";
import { texts } from "../lib/texts.ts";
import { useDocumentTitle } from "../lib/useDocumentTitle.ts";

export function RescueRoute() {
  const { rescueId } = useParams({ from: "/console/rescues/$rescueId" });
  const navigate = useNavigate();
  useDocumentTitle(texts.rescue.title(shortId(rescueId)));
  return <RescueSheet rescueId={rescueId} onClose={() => void navigate({ to: "/" })} />;
}
