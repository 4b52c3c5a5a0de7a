import { Badge } from "@supportcarr/ui/Badge";
import { EmptyState } from "@supportcarr/ui/EmptyState";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CreditCard, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { paymentQueries, removeCard } from "../../lib/api/payments.ts";
import type { PaymentMethod } from "../../lib/api/types.ts";
import { AddCardDialog } from "../../lib/cards/AddCardDialog.tsx";
import { useCardIsComing } from "../../lib/cards/enteredCard.ts";
import { EnteredCards } from "../../lib/cards/EnteredCards.tsx";
import { useCardText } from "../../lib/cards/useCardText.ts";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { Screen } from "@supportcarr/phone-app/Screen";
import { AlertDialog } from "@supportcarr/ui/AlertDialog";
import { Button } from "@supportcarr/ui/Button";
import { IconButton } from "@supportcarr/ui/IconButton";
import { ListRow } from "@supportcarr/ui/ListRow";
import { useToast } from "@supportcarr/ui/toasts";
import { useSend } from "@supportcarr/phone-app/useSend";

/** The cards that pay. */
export function CardsScreen() {
  const text = useTranslations("cards");
  const common = useTranslations("common");
  const describe = useCardText();
  const cards = useQuery(paymentQueries.cards());
  const coming = useCardIsComing();
  const queryClient = useQueryClient();
  const toast = useToast();
  const { busy, send } = useSend();
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<PaymentMethod | null>(null);
  const renew = () => queryClient.invalidateQueries({ queryKey: paymentQueries.cards().queryKey });
  return (
    <Screen
      title={text("title")}
      back={{ to: "/me" }}
      footer={
        <Button size="lg" block icon={<Plus aria-hidden="true" className="size-5" />} onClick={() => setAdding(true)}>
          {text("add")}
        </Button>
      }
    >
      <p className="mb-4 text-(--muted)">{text("about")}</p>
      <EnteredCards />
      {coming ? <p role="status">{text("adding")}</p> : null}
      <Loaded query={cards}>
        {(items) =>
          items.length === 0 && coming ? null : items.length === 0 ? (
            <EmptyState icon={<CreditCard />} title={text("none")}>{text("noneHelp")}</EmptyState>
          ) : (
            <ul className="divide-y divide-(--border)">
              {items.map((card) => (
                <li key={card.id}>
                  <ListRow
                    icon={<CreditCard aria-hidden="true" className="size-6" />}
                    title={describe.name(card)}
                    detail={
                      <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
                        {describe.expiry(card)}
                        {describe.hasExpired(card, Date.now()) ? <Badge tone="danger">{text("expired")}</Badge> : card.default ? <Badge tone="info">{text("default")}</Badge> : null}
                      </span>
                    }
                    end={
                      <IconButton label={text("remove", { name: describe.name(card) })} icon={<Trash2 aria-hidden="true" className="size-5" />} onClick={() => setRemoving(card)} />
                    }
                  />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {adding ? (
        <AddCardDialog
          onClose={() => setAdding(false)}
          onAdded={async () => {
            await renew();
            setAdding(false);
            toast({ tone: "success", message: text("added") });
          }}
        />
      ) : null}
      {removing ? (
        <AlertDialog
          title={text("removeTitle", { name: describe.name(removing) })}
          confirm={common("remove")}
          cancel={common("keep")}
          danger
          busy={busy}
          onConfirm={() =>
            void send(() => removeCard(removing.id), {
              done: text("removed"),
              onDone: async () => {
                await renew();
                setRemoving(null);
              },
            })
          }
          onCancel={() => setRemoving(null)}
        />
      ) : null}
    </Screen>
  );
}
