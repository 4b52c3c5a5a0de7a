import { Button } from "@supportcarr/ui/Button";
import { Field } from "@supportcarr/ui/form/Field";
import type { FormEvent } from "react";

import type { AuditFilter } from "../../lib/api/auditLog.ts";
import { texts } from "../../lib/texts.ts";

const text = texts.auditLog.filter;
const NAMES = ["actor", "person", "subject", "action", "since", "until"] as const;

export function AuditFilterForm({ filter, onFilter }: { filter: AuditFilter; onFilter: (filter: AuditFilter) => void }) {
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const value = (name: string) => {
      const entry = data.get(name);
      return typeof entry === "string" && entry.trim() ? entry.trim() : undefined;
    };
    onFilter(Object.fromEntries(NAMES.map((name) => [name, value(name)])));
  }
  const filtered = NAMES.some((name) => filter[name]);
  return (
    <form role="search" aria-label={text.label} onSubmit={submit} className="flex flex-wrap items-end gap-3">
      {NAMES.map((name) => (
        <Field
          key={name}
          name={name}
          label={text[name]}
          type={name === "since" || name === "until" ? "date" : "text"}
          defaultValue={filter[name] ?? ""}
          placeholder={name === "action" ? text.actionExample : name === "since" || name === "until" ? undefined : text.idExample}
          className="w-44"
        />
      ))}
      <Button type="submit">{text.apply}</Button>
      {filtered ? (
        <Button variant="ghost" className="py-2.5!" onClick={() => onFilter({})}>
          {text.clear}
        </Button>
      ) : null}
    </form>
  );
}
