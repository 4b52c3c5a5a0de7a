import { Modal } from "@supportcarr/ui/Modal";
import { Notice } from "@supportcarr/ui/Notice";
import { Skeleton } from "@supportcarr/ui/Skeleton";
import { useQuery } from "@tanstack/react-query";
import { AxiosError } from "axios";
import { useTranslations } from "use-intl";

import { configQueries } from "@supportcarr/phone-app/api/config";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { paymentQueries } from "../api/payments.ts";
import type { PaymentMethod } from "../api/types.ts";
import { useProblemText } from "@supportcarr/phone-app/useProblemText";
import { useEnteredCard } from "./enteredCard.ts";
import { EmulatorCardForm } from "./EmulatorCardForm.tsx";
import { StripeCardForm } from "./StripeCardForm.tsx";

interface AddCardDialogProps {
  onClose: () => void;
  onAdded: (card: PaymentMethod) => unknown;
}

/** Adds a card: by Stripe's form where there is a publishable key, else with the emulator. */
export function AddCardDialog({ onClose, onAdded }: AddCardDialogProps) {
  const text = useTranslations("cards");
  const problemText = useProblemText();
  const config = useQuery(configQueries.current());
  const setup = useQuery(paymentQueries.setup());
  if (!config.data) {
    return (
      <Modal title={text("add")} onClose={onClose}>
        <Loaded query={config}>{() => null}</Loaded>
      </Modal>
    );
  }
  const publishableKey = config.data.payments?.publishable_key;
  if (!publishableKey) return <EmulatorCardForm page={setup.data?.entry_url ?? undefined} onClose={onClose} onAdded={onAdded} />;
  return (
    <Modal title={text("add")} onClose={onClose}>
      {setup.data ? (
        <StripeCardForm publishableKey={publishableKey} clientSecret={setup.data.client_secret} onEntered={(setupIntent) => {
            useEnteredCard.setState({ setupIntent });
            onClose();
          }} />
      ) : setup.isError || setup.isPaused ? (
        <Notice tone="danger">{problemText(setup.error ?? new AxiosError())}</Notice>
      ) : (
        <Skeleton label={text("adding")} />
      )}
    </Modal>
  );
}
