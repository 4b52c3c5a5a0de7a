import { Button } from "@supportcarr/ui/Button";
import { FormDialog } from "@supportcarr/ui/form/FormDialog";
import { Choices } from "@supportcarr/ui/form/Choices";
import { useRef } from "react";
import { useTranslations } from "use-intl";

import { addCard } from "../api/payments.ts";
import type { PaymentMethod } from "../api/types.ts";
import { useDescribeError } from "@supportcarr/phone-app/useProblemText";
import { pageWithReturn } from "./cardPage.ts";

// The test cards of Stripe: https://docs.stripe.com/testing
const TEST_CARDS = ["pm_card_visa", "pm_card_mastercard", "pm_card_authenticationRequired", "pm_card_chargeCustomerFail", "pm_card_chargeDeclined"] as const;

interface EmulatorCardFormProps {
  /** The page on which a number is entered; unknown until the setup has begun. */
  page: string | undefined;
  onClose: () => void;
  onAdded: (card: PaymentMethod) => unknown;
}

/** A test card, chosen here or entered by its number on the emulator's page. */
export function EmulatorCardForm({ page, onClose, onAdded }: EmulatorCardFormProps) {
  const text = useTranslations("cards");
  const describeError = useDescribeError();
  const keys = useRef(new Map<string, string>());
  return (
    <FormDialog
      title={text("add")}
      about={text("testAbout")}
      submit={text("add")}
      pending={text("adding")}
      describeError={describeError}
      onSubmit={async (values) => {
        const card = values("card");
        const key = keys.current.get(card) ?? crypto.randomUUID(); // a repeat adds the same card
        keys.current.set(card, key);
        await onAdded(await addCard(card, key));
      }}
      onClose={onClose}
    >
      {() => (
        <>
          <Choices legend={text("testLegend")} name="card" columns={1} chosen={[TEST_CARDS[0]]} choices={TEST_CARDS.map((value) => ({ value, label: text(`test.${value}.label`), about: text(`test.${value}.about`) }))} />
          <Button variant="quiet" block disabled={!page} onClick={() => page && location.assign(pageWithReturn(page, location.href))}>
            {text("enterNumber")}
          </Button>
        </>
      )}
    </FormDialog>
  );
}
