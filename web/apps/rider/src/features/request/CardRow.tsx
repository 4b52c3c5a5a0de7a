import { Modal } from "@supportcarr/ui/Modal";
import { useQueryClient } from "@tanstack/react-query";
import { CreditCard, Plus } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { paymentQueries } from "../../lib/api/payments.ts";
import type { PaymentMethod } from "../../lib/api/types.ts";
import { AddCardDialog } from "../../lib/cards/AddCardDialog.tsx";
import { useCardIsComing } from "../../lib/cards/enteredCard.ts";
import { EnteredCards } from "../../lib/cards/EnteredCards.tsx";
import { useCardText } from "../../lib/cards/useCardText.ts";
import { useRequest } from "../../lib/requestStore.ts";
import { Button } from "@supportcarr/ui/Button";
import { ListRow } from "@supportcarr/ui/ListRow";

interface CardRowProps {
  cards: { data: PaymentMethod[] | undefined; isError: boolean; isPaused: boolean; refetch: () => Promise<unknown> };
  card: PaymentMethod | undefined;
}

/** The card that pays; another one can be chosen or added. */
export function CardRow({ cards, card }: CardRowProps) {
  const text = useTranslations("request.card");
  const describe = useCardText();
  const queryClient = useQueryClient();
  const chooseCard = useRequest((state) => state.chooseCard);
  const [open, setOpen] = useState<"choose" | "add" | null>(null);
  const coming = useCardIsComing();
  const none = cards.data?.length === 0 && !coming;
  const failed = !cards.data && !coming && (cards.isError || cards.isPaused);
  return (
    <>
      <ListRow
        icon={<CreditCard aria-hidden="true" className="size-5" />}
        title={coming ? text("coming") : card ? describe.name(card) : none ? text("none") : text(failed ? "failed" : "loading")}
        detail={card && !coming ? describe.expiry(card) : undefined}
        end={<span className="text-sm text-(--accent-text) underline underline-offset-4">{text(failed ? "again" : none ? "add" : "change")}</span>}
        onPress={() => (failed ? void cards.refetch() : setOpen(none ? "add" : "choose"))}
      />
      <EnteredCards />
      {open === "choose" ? (
        <Modal title={text("choose")} onClose={() => setOpen(null)}>
          <ul className="divide-y divide-(--border)">
            {(cards.data ?? []).map((one) => (
              <li key={one.id}>
                <ListRow
                  icon={<CreditCard aria-hidden="true" className="size-5" />}
                  title={describe.name(one)}
                  detail={describe.expiry(one)}
                  end={one.id === card?.id ? <span className="text-sm font-medium">{text("chosen")}</span> : undefined}
                  onPress={() => {
                    chooseCard(one.id);
                    setOpen(null);
                  }}
                />
              </li>
            ))}
          </ul>
          <Button variant="secondary" block className="mt-3" icon={<Plus aria-hidden="true" className="size-5" />} onClick={() => setOpen("add")}>
            {text("addAnother")}
          </Button>
        </Modal>
      ) : null}
      {open === "add" ? (
        <AddCardDialog
          onClose={() => setOpen(null)}
          onAdded={async (added) => {
            await queryClient.invalidateQueries({ queryKey: paymentQueries.cards().queryKey });
            chooseCard(added.id);
            setOpen(null);
          }}
        />
      ) : null}
    </>
  );
}
