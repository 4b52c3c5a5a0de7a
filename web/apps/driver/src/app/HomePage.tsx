import { Button } from "@supportcarr/ui/Button";
import { useNavigate } from "@tanstack/react-router";
import { useTranslations } from "use-intl";

import { signOut } from "../lib/session.ts";

export function HomePage() {
  const text = useTranslations("home");
  const navigate = useNavigate();
  return (
    <main className="mx-auto max-w-md px-4 py-10">
      <h1 className="mb-6 text-2xl font-semibold">{text("title")}</h1>
      <Button
        variant="secondary"
        onClick={() => {
          void signOut().then(() => navigate({ to: "/sign-in" }));
        }}
      >
        {text("signOut")}
      </Button>
    </main>
  );
}
