import { Outlet } from "@tanstack/react-router";

import { Toasts } from "../lib/ui/Toasts.tsx";

/** Every screen, and the messages in front of it. */
export function RootLayout() {
  return (
    <>
      <Outlet />
      <Toasts />
    </>
  );
}
