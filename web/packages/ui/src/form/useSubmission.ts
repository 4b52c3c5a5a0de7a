import { type Problem, toProblem } from "@supportcarr/client/http";
import { type FormEvent, useRef, useState } from "react";

import { accountTexts } from "../account/texts.ts";

/** The values of a form by the names of its fields. */
export type FormValues = (name: string) => string;

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

const hasField = (form: HTMLFormElement, name: string) => form.elements.namedItem(name) instanceof HTMLElement;

/** A sentence for a problem that has none: no response came. */
export const problemText = (problem: Problem): string => problem.detail || accountTexts.noResponse;

/** A sentence for an error that is no response of the platform; `null` for any other error. */
export type DescribeError = (error: unknown) => string | null;

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
    const data = new FormData(form);
    const values: FormValues = (name) => {
      const value = data.get(name);
      return typeof value === "string" ? value : "";
    };
    running.current = true;
    setPending(true);
    setProblem(null);
    setMessage(null);
    try {
      await send(values);
    } catch (error) {
      const failed = toProblem(error);
      const [first, ...others] = failed.errors ?? [];
      const all = first ? [first, ...others] : [];
      const elsewhere = all.filter(({ field }) => !hasField(form, field));
      setProblem(failed);
      setMessage(describeError(error) ?? (all.length === 0 ? problemText(failed) : elsewhere.map(({ detail }) => detail).join(" ") || null));
      const invalid = all.find(({ field }) => hasField(form, field));
      const element = invalid ? form.elements.namedItem(invalid.field) : null;
      if (element instanceof HTMLElement) element.focus();
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
