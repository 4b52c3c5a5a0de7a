// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import axios, { AxiosError, AxiosHeaders } from "axios";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { useSession } from "../../lib/session.ts";
import { SignIn } from "./SignIn.tsx";

const post = vi.spyOn(axios, "post");
const signInResponse = (...roles: string[]) => ({ data: { user: { roles }, access_token: "a" } });
const ADMIN_APP = { "X-Supportcarr-App": "admin" };

function renderForm() {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <SignIn />
    </QueryClientProvider>,
  );
}

function signIn() {
  fireEvent.change(screen.getByLabelText("Phone"), { target: { value: " +15145550100 " } });
  fireEvent.change(screen.getByLabelText("Password"), { target: { value: " secret " } });
  fireEvent.click(screen.getByRole("button", { name: "Sign in" }));
}

beforeEach(() => {
  post.mockReset();
  useSession.getState().signOut();
});
afterEach(cleanup);

describe("signing in", () => {
  it.each(["admin", "support"])("admits the role %s", async (role) => {
    post.mockResolvedValue(signInResponse(role));
    renderForm();
    signIn();
    await vi.waitFor(() => expect(useSession.getState().token).toBe("a"));
    expect(post).toHaveBeenCalledWith("/api/v1/auth/sign-in", { phone: "+15145550100", password: " secret " }, expect.objectContaining({ headers: ADMIN_APP }));
  });

  it("rejects an account that is no operator, and ends its session", async () => {
    post.mockResolvedValue(signInResponse("rider", "driver"));
    renderForm();
    signIn();
    expect((await screen.findByRole("alert")).textContent).toMatch(/operators only/);
    expect(useSession.getState().token).toBeNull();
    expect(post).toHaveBeenLastCalledWith("/api/v1/auth/sign-out", null, expect.objectContaining({ headers: { ...ADMIN_APP, Authorization: "Bearer a" } }));
  });

  it("shows the reason given by the platform", async () => {
    const data = { code: "unauthenticated", detail: "The phone number or the password is wrong" };
    post.mockRejectedValue(new AxiosError("", "", undefined, null, { status: 401, data, statusText: "", headers: {}, config: { headers: new AxiosHeaders() } }));
    renderForm();
    signIn();
    expect((await screen.findByRole("alert")).textContent).toBe(data.detail);
  });

  it("asks for the code of the authenticator app when the account needs one", async () => {
    const problem = (code: string, detail: string) =>
      new AxiosError("", "", undefined, null, { status: 401, data: { code, detail }, statusText: "", headers: {}, config: { headers: new AxiosHeaders() } });
    post.mockRejectedValueOnce(problem("totp_code_required", "Send totp_code too"));
    renderForm();
    expect(screen.queryByLabelText("6-digit code")).toBeNull();
    signIn();
    fireEvent.change(await screen.findByLabelText("6-digit code"), { target: { value: " 000000 " } });
    expect(screen.queryByRole("alert")).toBeNull();
    post.mockRejectedValueOnce(problem("totp_code_wrong", "This code is wrong"));
    fireEvent.click(screen.getByRole("button", { name: "Confirm" }));
    expect((await screen.findByRole("alert")).textContent).toBe("This code is wrong");
    expect(post).toHaveBeenLastCalledWith("/api/v1/auth/sign-in", { phone: "+15145550100", password: " secret ", totp_code: "000000" }, expect.objectContaining({ headers: ADMIN_APP }));
  });

  it("reports a missing response", async () => {
    post.mockRejectedValue(new AxiosError("Network Error"));
    renderForm();
    signIn();
    expect((await screen.findByRole("alert")).textContent).toMatch(/cannot be reached/);
  });

  it("shows why the last session ended", () => {
    useSession.getState().signOut("expired");
    renderForm();
    expect(screen.getByRole("alert").textContent).toBe("Your session has expired. Sign in again.");
  });

  it("says when the session was ended because its token was used twice", () => {
    useSession.getState().signOut("reused");
    renderForm();
    expect(screen.getByRole("alert").textContent).toMatch(/used from two places at once/);
  });
});
