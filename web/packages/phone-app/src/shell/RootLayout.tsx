import { Outlet } from "@tanstack/react-router";

import { UpdateNotice } from "@supportcarr/pwa/UpdateNotice";
import { PageAnnouncer } from "@supportcarr/ui/PageAnnouncer";
import { Toasts } from "@supportcarr/ui/Toasts";

/** Every screen, and the messages in front of it. */
export function RootLayout() {
  return (
    <>
      <div className="flex h-full flex-col">
        <UpdateNotice />
        <div className="min-h-0 flex-1">
          <Outlet />
        </div>
      </div>
      <PageAnnouncer />
      <Toasts />
    </>
  );
}
