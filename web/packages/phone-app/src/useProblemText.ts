import { type Problem, toProblem } from "@supportcarr/client/http";
import { RefusedAction } from "@supportcarr/pwa/queue";
import { type DescribeError, InvalidFields } from "@supportcarr/ui/form/useSubmission";
import { uiTexts } from "@supportcarr/ui/texts/useUiTexts";
import { useCallback } from "react";
import { useLocale, useTranslations } from "use-intl";

/** A sentence for an error in the language of the page: by its code; the platform's own words are English. */
export function useProblemText(): (error: unknown) => string {
  const text = useTranslations("errors");
  const english = useLocale().startsWith("en");
  return useCallback(
    (error: unknown) => {
      const { problems, fieldProblems } = uiTexts();
      return sentenceFor(problemOf(error), {
        ofCode: (code) => (text.has(code as never) ? text(code as never) : (problems[code] ?? null)),
        ofField: (code) => fieldProblems[code] ?? null,
        english,
      });
    },
    [text, english],
  );
}

const problemOf = (error: unknown): Problem => (error instanceof RefusedAction ? { status: 409, title: "", code: error.code, detail: error.detail, ...(error.errors ? { errors: error.errors } : {}) } : toProblem(error));

/** The same for a form, which shows the errors of its fields at the fields. */
export function useDescribeError(): DescribeError {
  const sentence = useProblemText();
  return useCallback(
    (error: unknown) => {
      if (error instanceof InvalidFields) return null;
      return toProblem(error).errors?.length ? null : sentence(error);
    },
    [sentence],
  );
}

/** What the page can say: of a problem's code, of that of a field, `null` if it has no sentence. */
export interface Sentences {
  ofCode: (code: string) => string | null;
  ofField: (code: string) => string | null;
  /** Whether the reader reads English, in which the platform describes every problem. */
  english: boolean;
}

/** The sentence for a problem; only readers of English are shown what the platform says of it. */
export function sentenceFor(problem: Problem, { ofCode, ofField, english }: Sentences): string {
  const unknown = ofCode("unknown") ?? problem.title;
  const described = (detail: string) => (english && detail ? detail : null);
  const fields = problem.errors ?? [];
  if (problem.code === "validation_failed" && fields.length > 0) {
    const sentences = fields.map(({ field, code, detail }) => ofCode(`${field.replaceAll(".", "_")}_${code}`) ?? described(detail) ?? ofField(code) ?? ofCode(problem.code) ?? unknown);
    return [...new Set(sentences)].join(" ");
  }
  return ofCode(problem.code) ?? described(problem.detail) ?? unknown;
}
