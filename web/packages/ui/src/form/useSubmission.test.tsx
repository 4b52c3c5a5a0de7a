// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { AxiosError, AxiosHeaders } from "axios";
import { afterEach, expect, it, vi } from "vitest";

import { Choices } from "./Choices.tsx";
import { Field } from "./Field.tsx";
import { FormDialog } from "./FormDialog.tsx";
import { type FormValues, InvalidFields } from "./useSubmission.ts";

afterEach(cleanup);

const TITLE = "New key";
const NAME = "Name";

function renderDialog(onSubmit: (values: FormValues) => Promise<unknown>) {
  render(
    <FormDialog title={TITLE} submit="Create" pending="Creating" onSubmit={onSubmit} onClose={() => undefined}>
      {(form) => (
        <>
          <Choices legend="Scopes" name="scopes" multiple choices={["read", "write"].map((value) => ({ value, label: value }))} error={form.errorOf("scopes")} />
          <Field name="name" label={NAME} error={form.errorOf("name")} />
        </>
      )}
    </FormDialog>,
  );
  return () => fireEvent.click(screen.getByRole("button", { name: "Create" }));
}

it("gives all values of a name that several controls have", async () => {
  const onSubmit = vi.fn((values: FormValues) => Promise.resolve([values.all("scopes"), values("name")]));
  const submit = renderDialog(onSubmit);
  fireEvent.click(screen.getByLabelText("read"));
  fireEvent.click(screen.getByLabelText("write"));
  fireEvent.change(screen.getByLabelText("Name"), { target: { value: "a" } });
  submit();
  await vi.waitFor(async () => expect(await onSubmit.mock.results[0]?.value).toEqual([["read", "write"], "a"]));
});

it("shows an error of several controls at their group, and puts the focus on the first", async () => {
  const submit = renderDialog(() => Promise.reject(new InvalidFields({ scopes: "Choose one." })));
  submit();
  expect(await screen.findByText("Choose one.")).toBeDefined();
  expect(document.activeElement).toBe(screen.getByLabelText("read"));
  expect(screen.getByRole("group", { name: "Scopes" }).getAttribute("aria-describedby")).toBe(screen.getByText("Choose one.").id);
  expect(screen.queryByRole("alert")).toBeNull();
});

it("shows an error of one value in a list at the field of the list, and others as a message", async () => {
  const data = {
    code: "validation_failed",
    detail: "Invalid",
    errors: [
      { field: "scopes[1]", code: "invalid", detail: "Not a scope." },
      { field: "elsewhere", code: "invalid", detail: "Something else." },
    ],
  };
  const submit = renderDialog(() => Promise.reject(new AxiosError("", "", undefined, null, { status: 422, data, statusText: "", headers: {}, config: { headers: new AxiosHeaders() } })));
  submit();
  expect(await screen.findByText("Not a scope.")).toBeDefined();
  expect(screen.getByRole("alert").textContent).toBe("Something else.");
});
