import { type Problem, toProblem } from "@supportcarr/client/http";
import { RefusedAction } from "@supportcarr/pwa/queue";
import { type DescribeError, InvalidFields } from "@supportcarr/ui/form/useSubmission";
import { useCallback } from "react";
import { useTranslations } from "use-intl";

/** A sentence for an error in the language of the page: by its code, else the platform's own words. */
export function useProblemText(): (error: unknown) => string {
  const text = useTranslations("errors");
  return useCallback((error: unknown) => sentenceFor(problemOf(error), (code) => (text.has(code as never) ? text(code as never) : null)), [text]);
}

const problemOf = (error: unknown): Problem => (error instanceof RefusedAction ? { status: 409, title: "", code: error.code, detail: error.detail } : toProblem(error));

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

/** `ofCode` knows the sentence for a code, or `null`. */
export function sentenceFor(problem: Problem, ofCode: (code: string) => string | null): string {
  const fields = problem.errors ?? [];
  if (problem.code === "validation_failed" && fields.length > 0) {
    return fields.map(({ field, code, detail }) => ofCode(`${field.replaceAll(".", "_")}_${code}`) ?? detail).join(" ");
  }
  return ofCode(problem.code) ?? (problem.detail || ofCode("unknown") || problem.title);
}
