// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";

import { TotpEnrolment } from "./TotpEnrolment.tsx";

afterEach(cleanup);

it("shows the secret, takes a code of it, and goes on once the recovery codes are saved", async () => {
  const onConfirm = vi.fn<(code: string) => Promise<string[]>>().mockResolvedValue(["abcde-fghjk", "mnpqr-stuvw"]);
  const onDone = vi.fn();
  const secret = { secret: "JBSWY3DPEHPK3PXP", uri: "otpauth://totp/SupportCarr:+15145550100?secret=JBSWY3DPEHPK3PXP" };
  render(<TotpEnrolment onBegin={() => Promise.resolve(secret)} onConfirm={onConfirm} onDone={onDone} />);
  fireEvent.click(screen.getByRole("button", { name: "Set up the authenticator app" }));
  expect(await screen.findByRole("img", { name: "QR code for the authenticator app" })).toBeDefined();
  expect(screen.getByText("JBSW Y3DP EHPK 3PXP")).toBeDefined();
  fireEvent.change(screen.getByLabelText("Enter the code that the app shows now"), { target: { value: "123 456" } });
  fireEvent.click(screen.getByRole("button", { name: "Confirm" }));
  expect(await screen.findByText("abcde-fghjk")).toBeDefined();
  expect(onConfirm).toHaveBeenCalledExactlyOnceWith("123456");
  const done = screen.getByRole<HTMLButtonElement>("button", { name: "Done" });
  expect(done.disabled).toBe(true);
  fireEvent.click(screen.getByLabelText("I have saved these codes"));
  fireEvent.click(done);
  expect(onDone).toHaveBeenCalledOnce();
});
