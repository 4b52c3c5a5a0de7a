import { Badge } from "@supportcarr/ui/Badge";
import { Button } from "@supportcarr/ui/Button";
import { Field } from "@supportcarr/ui/form/Field";
import { FormDialog } from "@supportcarr/ui/form/FormDialog";
import { Notice } from "@supportcarr/ui/Notice";
import { QueryState } from "@supportcarr/ui/QueryState";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import type { UserView } from "../../lib/api/types.ts";
import { removeTotpOf, userQueries } from "../../lib/api/users.ts";
import { formatDateTime } from "../../lib/format.ts";
import { isAdmin, useSession } from "../../lib/session.ts";
import { texts } from "../../lib/texts.ts";
import { BanDialog } from "./BanDialog.tsx";
import { RolesDialog } from "./RolesDialog.tsx";

const text = texts.users;

/** Finds an account by phone number or id; its roles and its ban can be changed. */
export function UserSearch({ q, onSearch }: { q: string | undefined; onSearch: (q: string | undefined) => void }) {
  const users = useQuery(userQueries.find(q));
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const entered = new FormData(event.currentTarget).get("q");
    onSearch(typeof entered === "string" && entered.trim() ? entered.trim() : undefined);
  }
  return (
    <div className="space-y-4">
      <form key={q ?? ""} role="search" aria-label={text.search} onSubmit={submit} className="flex flex-wrap items-end gap-3">
        <Field name="q" label={text.phoneOrId} type="search" defaultValue={q ?? ""} placeholder={text.example} className="w-72" />
        <Button type="submit">{text.find}</Button>
        {q ? (
          <Button variant="ghost" className="py-2.5!" onClick={() => onSearch(undefined)}>
            {text.showOperators}
          </Button>
        ) : null}
      </form>
      <h2 className="text-sm font-semibold">{q ? text.found : text.operators}</h2>
      {users.isError || users.isPaused ? <QueryState query={users}>{() => null}</QueryState> : null}
      {users.isPending && !users.isPaused ? <p className="text-sm text-(--muted)">{texts.loading}</p> : null}
      {users.data?.length === 0 ? <p className="text-sm text-(--muted)">{text.none}</p> : null}
      <ul className="grid gap-3 lg:grid-cols-2">
        {users.data?.map((user) => (
          <UserCard key={user.id} user={user} />
        ))}
      </ul>
    </div>
  );
}

function UserCard({ user }: { user: UserView }) {
  const admin = useSession((session) => isAdmin(session.token));
  const queryClient = useQueryClient();
  const [dialog, setDialog] = useState<"roles" | "ban" | "totp" | null>(null);
  const [removed, setRemoved] = useState(false);
  const done = async () => {
    setDialog(null);
    await queryClient.invalidateQueries({ queryKey: userQueries.all() });
  };
  return (
    <li aria-label={user.name} className="rounded-xl border border-(--border) bg-(--surface) p-4">
      <div className="flex flex-wrap items-center gap-2">
        <p className="mr-auto font-medium">{user.name}</p>
        {user.banned_at ? <Badge tone="danger">{text.banned}</Badge> : null}
        {user.erase_at ? <Badge tone="warning">{text.erasedOn(formatDateTime(user.erase_at))}</Badge> : null}
        {user.phone_verified ? null : <Badge tone="warning">{text.unverified}</Badge>}
        {user.roles.map((role) => (
          <Badge key={role} tone={role === "admin" || role === "support" ? "info" : "neutral"}>
            {text.roles[role] ?? role}
          </Badge>
        ))}
      </div>
      <p className="mt-1 text-sm text-(--muted)">
        {user.phone_masked} · {text.since(formatDateTime(user.created_at))}
      </p>
      <p className="mt-0.5 font-mono text-xs text-(--muted)">{user.id}</p>
      <div className="mt-3 flex flex-wrap gap-2">
        {admin ? (
          <Button variant="secondary" className="py-1.5! text-sm" aria-label={text.changeRolesOf(user.name)} onClick={() => setDialog("roles")}>
            {text.changeRoles}
          </Button>
        ) : null}
        <Button variant="secondary" className="py-1.5! text-sm" aria-label={user.banned_at ? text.liftBanOf(user.name) : text.banPerson(user.name)} onClick={() => setDialog("ban")}>
          {user.banned_at ? text.liftBan : text.ban}
        </Button>
        {admin ? (
          <Button variant="secondary" className="py-1.5! text-sm" aria-label={text.resetTotpOf(user.name)} onClick={() => setDialog("totp")}>
            {text.resetTotp}
          </Button>
        ) : null}
      </div>
      {dialog === "roles" ? <RolesDialog user={user} onClose={() => setDialog(null)} onDone={done} /> : null}
      {removed ? (
        <Notice tone="success" className="mt-3">
          {text.totpRemoved}
        </Notice>
      ) : null}
      {dialog === "totp" ? (
        <FormDialog
          title={text.resetTotpTitle(user.name)}
          about={text.resetTotpAbout}
          submit={text.resetTotpSubmit}
          pending={text.saving}
          tone="danger"
          onSubmit={async () => {
            await removeTotpOf(user.id);
            setRemoved(true);
            await done();
          }}
          onClose={() => setDialog(null)}
        />
      ) : null}
      {dialog === "ban" ? <BanDialog user={user} onClose={() => setDialog(null)} onDone={done} /> : null}
    </li>
  );
}
