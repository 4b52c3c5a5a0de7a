import { useNavigate, useSearch } from "@tanstack/react-router";

import { AuditLog } from "../features/audit-log/AuditLog.tsx";
import { texts } from "../lib/texts.ts";
import { OfficePage } from "./OfficePage.tsx";

export function AuditLogRoute() {
  const { actor, person, subject, action, since, until } = useSearch({ from: "/office/audit-log" });
  const navigate = useNavigate();
  return (
    <OfficePage title={texts.auditLog.title} about={texts.auditLog.about}>
      <AuditLog filter={{ actor, person, subject, action, since, until }} onFilter={(filter) => void navigate({ to: "/audit-log", search: filter })} />
    </OfficePage>
  );
}
