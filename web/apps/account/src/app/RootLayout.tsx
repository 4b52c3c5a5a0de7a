import { BrandMark } from "@supportcarr/ui/BrandMark";
import { Button } from "@supportcarr/ui/Button";
import { Outlet } from "@tanstack/react-router";

import { signOut, useSession } from "../lib/session.ts";
import { texts } from "../lib/texts.ts";

/** Every page below one bar with the name of the product and, in a session, the way out of it. */
export function RootLayout() {
  const signedIn = useSession((session) => session.token !== null);
  return (
    <div className="flex min-h-full flex-col">
      <header className="border-b border-(--border) bg-(--surface)">
        <div className="mx-auto flex max-w-2xl items-center gap-2.5 px-4 py-3">
          <BrandMark className="size-9" />
          <span className="display text-lg font-bold">{texts.product}</span>
          {signedIn ? (
            <Button variant="ghost" className="ml-auto text-sm" onClick={() => void signOut()}>
              {texts.account.signOut}
            </Button>
          ) : null}
        </div>
      </header>
      <main className="mx-auto w-full max-w-2xl flex-1 px-4 py-6 sm:py-10">
        <Outlet />
      </main>
    </div>
  );
}
