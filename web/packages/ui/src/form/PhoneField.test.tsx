// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";

import { PhoneField } from "./PhoneField.tsx";
import { withCountryCode } from "./phoneNumber.ts";

const LABEL = "Phone";

afterEach(cleanup);

test.each([
  ["514 555 0142", "+1 514 555 0142"],
  ["(514) 555-0142", "+1 514 555 0142"],
  ["1-514-555-0142", "+1 514 555 0142"],
  ["+15145550142", "+1 514 555 0142"],
  ["+33 6 12 34 56 78", "+33 6 12 34 56 78"],
  ["0033612345678", "+33612345678"],
  ["12345", "12345"],
])("%s becomes %s", (typed, number) => expect(withCountryCode(typed)).toBe(number));

test.each([
  ["leaving the field", (input: HTMLElement) => fireEvent.blur(input)],
  ["sending the form with Enter", (input: HTMLElement) => fireEvent.keyDown(input, { key: "Enter" })],
])("%s adds the country code", (_, act) => {
  render(<PhoneField name="phone" label={LABEL} />);
  const input = screen.getByLabelText<HTMLInputElement>(LABEL);
  fireEvent.change(input, { target: { value: "5145550142" } });
  act(input);
  expect(input.value).toBe("+1 514 555 0142");
});
