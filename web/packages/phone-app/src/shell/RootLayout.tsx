import { Outlet } from "@tanstack/react-router";

import { Toasts } from "@supportcarr/ui/Toasts";

/** Every screen, and the messages in front of it. */
export function RootLayout() {
  return (
    <>
      <Outlet />
      <Toasts />
    </>
  );
}
