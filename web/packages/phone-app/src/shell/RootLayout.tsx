import { Outlet } from "@tanstack/react-router";

import { PageAnnouncer } from "@supportcarr/ui/PageAnnouncer";
import { Toasts } from "@supportcarr/ui/Toasts";

/** Every screen, and the messages in front of it. */
export function RootLayout() {
  return (
    <>
      <Outlet />
      <PageAnnouncer />
      <Toasts />
    </>
  );
}
