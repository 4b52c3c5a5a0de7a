import { useState } from "react";

import { Button } from "../Button.tsx";
import { CopyAdvice } from "../CopyField.tsx";
import { download } from "../download.ts";
import { useUiTexts } from "../texts/useUiTexts.ts";
import { useCopy } from "../useCopy.ts";

/** The recovery codes, which are shown once: copy, download, and a promise that they were saved. */
export function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  const text = useUiTexts().totp;
  const [saved, setSaved] = useState(false);
  const asText = `${text.fileTitle}\n\n${codes.join("\n")}\n`;
  const { shown, outcome, copy } = useCopy<HTMLUListElement>(asText);

  return (
    <div>
      <p className="font-semibold">{text.recoveryTitle}</p>
      <p className="mt-1 text-sm text-(--muted)">{text.recoveryAbout}</p>
      <ul ref={shown} aria-label={text.recoveryTitle} className="mt-4 grid grid-cols-2 gap-x-6 gap-y-1 rounded-lg border border-(--border) bg-(--background) p-4 font-mono text-sm">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="mt-3 flex gap-2">
        <Button variant="secondary" className="flex-1" onClick={() => void copy()}>
          <span role="status">{outcome === "copied" ? text.copied : text.copy}</span>
        </Button>
        <Button variant="secondary" className="flex-1" onClick={() => download(new Blob([asText], { type: "text/plain" }), text.fileName)}>
          {text.download}
        </Button>
      </div>
      <CopyAdvice outcome={outcome} />
      <label className="mt-5 flex items-center gap-2 text-sm">
        <input type="checkbox" checked={saved} onChange={(event) => setSaved(event.target.checked)} className="size-4 accent-(--accent)" />
        {text.saved}
      </label>
      <Button className="mt-4 w-full" disabled={!saved} onClick={onDone}>
        {text.done}
      </Button>
    </div>
  );
}
