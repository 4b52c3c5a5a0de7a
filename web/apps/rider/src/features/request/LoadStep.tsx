import { TextArea } from "@supportcarr/ui/form/TextArea";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { useRequest } from "../../lib/requestStore.ts";
import { Button } from "@supportcarr/ui/Button";
import { StepFrame } from "./StepFrame.tsx";
import { useProceed } from "./useProceed.ts";

const MAX_LETTERS = 500;

/** What is to be carried, in the rider's words. */
export function LoadStep() {
  const text = useTranslations("request.load");
  const proceed = useProceed("load");
  const [note, setNote] = useState(useRequest((state) => state.draft.note));
  return (
    <StepFrame
      step="load"
      title={text("title")}
      footer={
        <Button size="lg" block disabled={note.trim() === ""} onClick={() => proceed({ note: note.trim() })}>
          {text("goOn")}
        </Button>
      }
    >
      <TextArea name="note" label={text("label")} hint={text("hint")} rows={5} maxLength={MAX_LETTERS} value={note} onChange={(event) => setNote(event.target.value)} />
    </StepFrame>
  );
}
