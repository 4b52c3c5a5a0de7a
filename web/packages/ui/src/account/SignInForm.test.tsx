// @vitest-environment jsdom
import { AxiosError, AxiosHeaders } from "axios";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";

import { SignInForm, type Credentials } from "./SignInForm.tsx";

const refused = (code: string, detail: string, field?: string) => {
  const data = { code, detail, errors: field ? [{ field, code: "invalid", detail }] : [] };
  return new AxiosError("", "", undefined, null, { status: 401, data, statusText: "", headers: {}, config: { headers: new AxiosHeaders() } });
};

function fill() {
  fireEvent.change(screen.getByLabelText("Phone"), { target: { value: " +15145550100 " } });
  fireEvent.change(screen.getByLabelText("Password"), { target: { value: " secret " } });
  fireEvent.click(screen.getByRole("button", { name: "Sign in" }));
}

afterEach(cleanup);

it("asks for the code of the authenticator app only if the account needs one", async () => {
  const onSignIn = vi.fn<(credentials: Credentials) => Promise<unknown>>();
  onSignIn.mockRejectedValueOnce(refused("totp_code_required", "Send totp_code too"));
  onSignIn.mockRejectedValueOnce(refused("totp_code_wrong", "This code is wrong"));
  onSignIn.mockResolvedValueOnce(undefined);
  render(<SignInForm onSignIn={onSignIn} />);
  fill();
  const code = await screen.findByLabelText("6-digit code");
  expect(document.activeElement).toBe(code);
  fireEvent.change(code, { target: { value: "000000" } });
  fireEvent.click(screen.getByRole("button", { name: "Confirm" }));
  expect((await screen.findByRole("alert")).textContent).toBe("This code is wrong");
  fireEvent.click(screen.getByRole("button", { name: "Use a recovery code instead" }));
  fireEvent.change(screen.getByLabelText("Recovery code"), { target: { value: "abcde-fghjk" } });
  fireEvent.click(screen.getByRole("button", { name: "Confirm" }));
  await vi.waitFor(() => expect(onSignIn).toHaveBeenCalledTimes(3));
  expect(onSignIn.mock.calls.map(([credentials]) => credentials)).toEqual([
    { phone: "+15145550100", password: " secret " },
    { phone: "+15145550100", password: " secret ", totp_code: "000000" },
    { phone: "+15145550100", password: " secret ", totp_code: "abcde-fghjk" },
  ]);
});

it("shows the error of a field at the field, and moves there", async () => {
  render(<SignInForm onSignIn={() => Promise.reject(refused("validation_failed", "This is no phone number", "phone"))} />);
  fill();
  const phone = screen.getByLabelText("Phone");
  await vi.waitFor(() => expect(phone.getAttribute("aria-invalid")).toBe("true"));
  expect(document.getElementById(phone.getAttribute("aria-describedby") ?? "")?.textContent).toBe("This is no phone number");
  expect(document.activeElement).toBe(phone);
  expect(screen.queryByRole("alert")).toBeNull();
});

it("says why the last session ended, until the first attempt", async () => {
  render(<SignInForm notice="Your session has expired." onSignIn={() => Promise.reject(new AxiosError("Network Error"))} />);
  expect(screen.getByRole("alert").textContent).toBe("Your session has expired.");
  fill();
  await vi.waitFor(() => expect(screen.getByRole("alert").textContent).toMatch(/cannot be reached/));
});
