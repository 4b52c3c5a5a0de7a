import { TotpEnrolment } from "@supportcarr/ui/account/TotpEnrolment";
import { BrandMark } from "@supportcarr/ui/BrandMark";
import { Button } from "@supportcarr/ui/Button";

import { ownAccount } from "../lib/api/ownAccount.ts";
import { texts } from "../lib/texts.ts";
import { useDocumentTitle } from "../lib/useDocumentTitle.ts";
import { useLeave } from "./useLeave.ts";

const text = texts.enrolment;

/** In place of every page until an operator has an authenticator app. */
export function EnrolmentPage({ onDone }: { onDone: () => void }) {
  useDocumentTitle(text.title);
  const leave = useLeave();
  return (
    <main className="grid min-h-full place-items-center p-6">
      <div className="w-full max-w-md rounded-sheet border border-(--border) bg-(--surface) p-6 shadow-(--shadow) sm:p-8">
        <BrandMark className="size-14" />
        <h1 className="mt-4 text-2xl font-bold">{text.title}</h1>
        <p className="mt-1 mb-6 text-sm text-(--muted)">{text.about}</p>
        <TotpEnrolment onBegin={ownAccount.beginTotp} onConfirm={ownAccount.confirmTotp} onDone={onDone} />
        <Button variant="ghost" className="mt-4 w-full text-sm" onClick={leave}>
          {texts.header.signOut}
        </Button>
      </div>
    </main>
  );
}
