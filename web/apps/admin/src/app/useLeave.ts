import { useNavigate } from "@tanstack/react-router";

import { signOut } from "../lib/session.ts";

/** Signs out; the next person who signs in here must not land on this person's page. */
export function useLeave(): () => void {
  const navigate = useNavigate();
  return () => {
    void signOut();
    void navigate({ to: "/", search: { tab: undefined, area: undefined }, replace: true });
  };
}
