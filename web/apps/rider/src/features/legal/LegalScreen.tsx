import { useLanguage } from "@supportcarr/i18n/useLanguage";
import { Notice } from "@supportcarr/ui/Notice";
import { useQuery } from "@tanstack/react-query";

import { type LegalKind, legalQueries } from "../../lib/api/legal.ts";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { Screen } from "@supportcarr/phone-app/Screen";
import { hasSession } from "../../lib/session.ts";
import { type Block, blocksOf } from "./markdown.ts";

function BlockView({ block }: { block: Block }) {
  switch (block.kind) {
    case "title":
      return null; // it is the title of the screen
    case "heading":
      return <h2 className="mt-6 mb-1 font-semibold">{block.text}</h2>;
    case "note":
      return <Notice tone="info">{block.text}</Notice>;
    case "list":
      return (
        <ul className="list-disc space-y-1 pl-5">
          {block.items.map((item) => (
            <li key={item}>{item}</li>
          ))}
        </ul>
      );
    default:
      return <p>{block.text}</p>;
  }
}

function LegalScreen({ kind }: { kind: LegalKind }) {
  const language = useLanguage((state) => state.language);
  const document = useQuery(legalQueries.document(kind, language));
  const blocks = blocksOf(document.data?.text ?? "");
  const title = blocks.find((block) => block.kind === "title");
  return (
    <Screen title={title?.kind === "title" ? title.text : "SupportCarr"} back={{ to: hasSession() ? "/me" : "/welcome" }}>
      <Loaded query={document}>
        {({ version, language: written }) => (
          <article lang={written} className="space-y-2 pb-8 leading-relaxed">
            {blocks.map((block, index) => (
              <BlockView key={index} block={block} />
            ))}
            <p className="pt-4 text-sm text-(--muted)">{version}</p>
          </article>
        )}
      </Loaded>
    </Screen>
  );
}

/** The terms of use. */
export function TermsScreen() {
  return <LegalScreen kind="terms" />;
}

/** The privacy notice. */
export function PrivacyNoticeScreen() {
  return <LegalScreen kind="privacy" />;
}
