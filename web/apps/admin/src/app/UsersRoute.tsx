import { useNavigate, useSearch } from "@tanstack/react-router";

import { UserSearch } from "../features/users/UserSearch.tsx";
import { texts } from "../lib/texts.ts";
import { OfficePage } from "./OfficePage.tsx";

export function UsersRoute() {
  const { q } = useSearch({ from: "/office/users" });
  const navigate = useNavigate();
  return (
    <OfficePage title={texts.users.title} about={texts.users.about}>
      <UserSearch q={q} onSearch={(next) => void navigate({ to: "/users", search: { q: next } })} />
    </OfficePage>
  );
}
