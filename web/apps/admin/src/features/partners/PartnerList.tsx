import { Button } from "@supportcarr/ui/Button";
import { EmptyState } from "@supportcarr/ui/EmptyState";
import { Field } from "@supportcarr/ui/form/Field";
import { FormDialog } from "@supportcarr/ui/form/FormDialog";
import { QueryState } from "@supportcarr/ui/QueryState";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { createPartner, partnerQueries } from "../../lib/api/partners.ts";
import type { Partner } from "../../lib/api/types.ts";
import { formatDate } from "../../lib/format.ts";
import { texts } from "../../lib/texts.ts";

const text = texts.partners;

/** The partners; `onCreated` opens the new one. */
export function PartnerList({ onCreated }: { onCreated: (partner: Partner) => void }) {
  const partners = useInfiniteQuery(partnerQueries.list());
  const queryClient = useQueryClient();
  const [creating, setCreating] = useState(false);
  const create = <Button onClick={() => setCreating(true)}>{text.create}</Button>;
  return (
    <>
      <QueryState query={partners}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length === 0) {
            return (
              <EmptyState title={text.none} action={create}>
                {text.noneHelp}
              </EmptyState>
            );
          }
          return (
            <div className="space-y-4">
              {create}
              <ul className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
                {items.map((partner) => (
                  <li key={partner.id}>
                    <PartnerLink partner={partner} />
                  </li>
                ))}
              </ul>
              {partners.hasNextPage ? (
                <Button variant="secondary" disabled={partners.isFetchingNextPage} onClick={() => void partners.fetchNextPage()}>
                  {text.more}
                </Button>
              ) : null}
            </div>
          );
        }}
      </QueryState>
      {creating ? (
        <FormDialog
          title={text.createTitle}
          about={text.createAbout}
          submit={text.create}
          pending={text.creating}
          onSubmit={async (values) => {
            const partner = await createPartner(values("name").trim());
            await queryClient.invalidateQueries({ queryKey: partnerQueries.all() });
            onCreated(partner);
          }}
          onClose={() => setCreating(false)}
        >
          {(form) => <Field name="name" label={text.name} type="text" required maxLength={80} autoComplete="off" placeholder={text.nameExample} error={form.errorOf("name")} />}
        </FormDialog>
      ) : null}
    </>
  );
}

function PartnerLink({ partner }: { partner: Partner }) {
  return (
    <Link
      to="/partners/$partnerId"
      params={{ partnerId: partner.id }}
      className="block h-full rounded-xl border border-(--border) bg-(--surface) p-4 hover:border-(--border-strong) hover:bg-(--hover)"
    >
      <span className="block font-medium wrap-break-word">{partner.name}</span>
      <span className="mt-1 block text-sm text-(--muted)">{text.since(formatDate(partner.created_at))}</span>
      <span className="mt-0.5 block truncate font-mono text-xs text-(--muted)">{partner.id}</span>
    </Link>
  );
}
