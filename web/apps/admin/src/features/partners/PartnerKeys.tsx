import { Button } from "@supportcarr/ui/Button";
import { EmptyState } from "@supportcarr/ui/EmptyState";
import { Notice } from "@supportcarr/ui/Notice";
import { QueryState } from "@supportcarr/ui/QueryState";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { partnerQueries } from "../../lib/api/partners.ts";
import type { CreatedKey, Partner, PartnerKey } from "../../lib/api/types.ts";
import { texts } from "../../lib/texts.ts";
import { KeyCard } from "./KeyCard.tsx";
import { KeySecretDialog } from "./KeySecretDialog.tsx";
import { NewKeyDialog } from "./NewKeyDialog.tsx";
import { RevokeKeyDialog } from "./RevokeKeyDialog.tsx";
import { RotateKeyDialog } from "./RotateKeyDialog.tsx";

const text = texts.partners;

type OpenDialog = { kind: "new" } | { kind: "secret"; created: CreatedKey } | { kind: "rotate" | "revoke"; apiKey: PartnerKey };

/** The API keys of a partner: create, rotate, revoke. */
export function PartnerKeys({ partner }: { partner: Partner }) {
  const keys = useQuery(partnerQueries.keys(partner.id));
  const queryClient = useQueryClient();
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const [message, setMessage] = useState<string | null>(null);
  const close = () => setDialog(null);
  const reload = () => queryClient.invalidateQueries({ queryKey: partnerQueries.keys(partner.id).queryKey });
  const open = (next: OpenDialog) => {
    setMessage(null);
    setDialog(next);
  };
  async function showSecret(created: CreatedKey) {
    setDialog({ kind: "secret", created });
    await reload();
  }
  const create = <Button onClick={() => open({ kind: "new" })}>{text.newKey}</Button>;
  return (
    <section aria-labelledby="partner-keys">
      <div className="mb-3 flex flex-wrap items-center justify-between gap-3">
        <h2 id="partner-keys" className="text-base font-semibold">
          {text.keys}
        </h2>
        {keys.data?.length ? create : null}
      </div>
      {message ? (
        <Notice tone="success" className="mb-3">
          {message}
        </Notice>
      ) : null}
      <QueryState query={keys}>
        {(items) =>
          items.length === 0 ? (
            <EmptyState title={text.noKeys} action={create}>
              {text.noKeysHelp}
            </EmptyState>
          ) : (
            <ul className="space-y-3">
              {items.map((apiKey) => (
                <KeyCard
                  key={apiKey.id}
                  apiKey={apiKey}
                  successor={items.find(({ id }) => id === apiKey.rotated_to)}
                  onRotate={() => open({ kind: "rotate", apiKey })}
                  onRevoke={() => open({ kind: "revoke", apiKey })}
                />
              ))}
            </ul>
          )
        }
      </QueryState>
      {dialog?.kind === "new" ? <NewKeyDialog partnerId={partner.id} onClose={close} onCreated={showSecret} /> : null}
      {dialog?.kind === "secret" ? <KeySecretDialog partner={partner} apiKey={dialog.created.key} onClose={close} /> : null}
      {dialog?.kind === "rotate" ? <RotateKeyDialog partnerId={partner.id} apiKey={dialog.apiKey} onClose={close} onRotated={showSecret} /> : null}
      {dialog?.kind === "revoke" ? (
        <RevokeKeyDialog
          partnerId={partner.id}
          apiKey={dialog.apiKey}
          onClose={close}
          onRevoked={async () => {
            await reload();
            setMessage(text.revoked(dialog.apiKey.prefix));
            close();
          }}
        />
      ) : null}
    </section>
  );
}
