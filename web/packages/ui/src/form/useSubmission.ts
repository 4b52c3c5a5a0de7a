import { type Problem, toProblem } from "@supportcarr/client/http";
import { type FormEvent, useRef, useState } from "react";

import { uiTexts } from "../texts/useUiTexts.ts";

/** The values of a form by the names of its fields; `all` for a name that several have. */
export interface FormValues {
  (name: string): string;
  all: (name: string) => string[];
  /** A chosen file; `null` if there is none. */
  file: (name: string) => File | null;
}

export interface Submission {
  onSubmit: (event: FormEvent<HTMLFormElement>) => void;
  pending: boolean;
  /** Why the last attempt failed. */
  problem: Problem | null;
  /** The problem's text, unless it belongs to fields of the form. */
  message: string | null;
  /** What is wrong with the field of that name. */
  errorOf: (name: string) => string | undefined;
}

/** What a form finds wrong itself, before anything is sent. */
export class InvalidFields extends Error {
  constructor(readonly fields: Record<string, string>) {
    super("the form is not valid");
  }
}

const problemOf = (error: unknown): Problem =>
  error instanceof InvalidFields
    ? { status: 0, code: "validation_failed", title: "", detail: "", errors: Object.entries(error.fields).map(([field, detail]) => ({ field, code: "invalid", detail })) }
    : toProblem(error);

/** The control of a field, or the first one of several with its name. */
function controlOf(form: HTMLFormElement, name: string): HTMLElement | null {
  const found = form.elements.namedItem(name);
  const control = found instanceof RadioNodeList ? found[0] : found;
  return control instanceof HTMLElement ? control : null;
}

/** `scopes[0]` and `scopes.0` are values of the field `scopes`. */
const fieldOf = (form: HTMLFormElement, path: string): string => (controlOf(form, path) ? path : path.replace(/[[.].*$/, ""));

/** A sentence for a problem in the language of the page; without a response, that none came. */
export function problemText({ code, detail }: Problem): string {
  const { problems, noResponse, platformLanguage } = uiTexts();
  return problems[code] ?? (detail ? ((platformLanguage ? null : problems.unknown) ?? detail) : noResponse);
}

/** The same for what is wrong with a field. */
export function fieldText({ code, detail }: { code: string; detail: string }): string {
  const { fieldProblems, platformLanguage } = uiTexts();
  return fieldProblems[code] ?? (platformLanguage ? detail : (fieldProblems.other ?? detail));
}

/** A sentence for an error that is no response of the platform; `null` for any other error. */
export type DescribeError = (error: unknown) => string | null;

function valuesOf(data: FormData): FormValues {
  const all = (name: string) => data.getAll(name).filter((value) => typeof value === "string");
  const file = (name: string) => {
    const value = data.get(name);
    return value instanceof File && value.size > 0 ? value : null;
  };
  return Object.assign((name: string) => all(name)[0] ?? "", { all, file });
}

/**
 * Sends a form.  Errors of fields are shown at the fields, and the first of them gets the focus; any other
 * problem is `message`.  A second submission while one is running is ignored.
 */
export function useSubmission(send: (values: FormValues) => Promise<unknown>, describeError: DescribeError = () => null): Submission {
  const [pending, setPending] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [message, setMessage] = useState<string | null>(null);
  const running = useRef(false);

  async function submit(form: HTMLFormElement) {
    const values = valuesOf(new FormData(form));
    running.current = true;
    setPending(true);
    setProblem(null);
    setMessage(null);
    try {
      await send(values);
    } catch (error) {
      const failed = problemOf(error);
      const detailOf = error instanceof InvalidFields ? ({ detail }: { detail: string }) => detail : fieldText;
      const errors = (failed.errors ?? []).map((found) => ({ ...found, detail: detailOf(found), field: fieldOf(form, found.field) }));
      const elsewhere = errors.filter(({ field }) => !controlOf(form, field));
      setProblem({ ...failed, errors });
      setMessage(describeError(error) ?? (errors.length === 0 ? problemText(failed) : elsewhere.map(({ detail }) => detail).join(" ") || null));
      const invalid = errors.find(({ field }) => controlOf(form, field));
      if (invalid) controlOf(form, invalid.field)?.focus();
    } finally {
      running.current = false;
      setPending(false);
    }
  }

  return {
    onSubmit: (event) => {
      event.preventDefault();
      if (!running.current) void submit(event.currentTarget);
    },
    pending,
    problem,
    message,
    errorOf: (name) => problem?.errors?.find(({ field }) => field === name)?.detail,
  };
}
