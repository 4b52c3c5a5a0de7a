import { TIMEOUT_MS } from "@supportcarr/client/http";
import axios from "axios";
import { queryOptions } from "@tanstack/react-query";

export type LegalKind = "terms" | "privacy";

/** A text in Markdown: headings, paragraphs, quotes and lists. */
export interface LegalDocument {
  kind: LegalKind;
  version: string;
  language: string;
  template: boolean;
  text: string;
}

export const legalQueries = {
  document: (kind: LegalKind, language: string) =>
    queryOptions({
      queryKey: ["legal", kind, language],
      queryFn: async () => (await axios.get<LegalDocument>(`/api/v1/legal-documents/${kind}`, { params: { language }, timeout: TIMEOUT_MS })).data,
      staleTime: Infinity,
    }),
};
