import { useNavigate } from "@tanstack/react-router";

import { texts } from "../lib/texts.ts";
import { MessagePage } from "./MessagePage.tsx";

export function NotFoundPage() {
  const navigate = useNavigate();
  return <MessagePage title={texts.page.notFound} action={texts.page.openConsole} onAction={() => void navigate({ to: "/" })} />;
}
