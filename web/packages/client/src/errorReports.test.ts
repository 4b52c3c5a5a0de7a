// @vitest-environment jsdom
import type { ErrorEvent } from "@sentry/browser";
import { describe, expect, it, vi } from "vitest";

import { appAt, masked, scrubbed, startErrorReports } from "./errorReports.ts";

describe("an error report", () => {
  it("has no address of the page, no header, no step that led to it, and no local variable", () => {
    const event = {
      type: undefined,
      request: { url: "https://a.example/reset#token=hush", headers: { cookie: "hush" } },
      breadcrumbs: [{ message: "hush" }],
      extra: { body: "hush" },
      exception: {
        values: [{ type: "TypeError", value: "cannot call 5145550100", stacktrace: { frames: [{ filename: "https://a.example/app.js?t=hush", vars: { name: "hush" } }] } }],
      },
    } as unknown as ErrorEvent;
    const kept = scrubbed(event);
    expect(JSON.stringify(kept)).not.toContain("hush");
    expect(kept.exception?.values?.[0]).toMatchObject({ type: "TypeError", value: "cannot call [number]" });
  });

  it.each(["+1 514-555-0100", "(514) 555-0100", "ana@example.org", "45.523012", "-73.58204", "eyJhbGciOi.eyJzdWIi.c2ln"])("masks %s", (personal) => {
    expect(masked(`it failed on ${personal} again`)).not.toContain(personal);
  });

  it("masks what a message quotes and keeps what helps", () => {
    expect(masked("cannot read 'Amélie Tremblay' (reading 'x')")).toBe("cannot read … (reading 'x')");
    expect(masked("Loading chunk 17 failed after 3000 ms")).toBe("Loading chunk 17 failed after 3000 ms");
  });

  it("names the app and a random browser, and asks the server not to note where it came from", async () => {
    const send = vi.spyOn(globalThis, "fetch").mockResolvedValue(new Response("{}"));
    history.replaceState(null, "", "/driver/jobs?token=hush#hush");
    const report = startErrorReports({ dsn: "https://key@sentry.example/1", release: "2.0.1", environment: "staging", sample_ratio: 1, performance_ratio: 0 });
    report(new TypeError("cannot read 'Amélie Tremblay'"));
    await vi.waitFor(() => expect(send).toHaveBeenCalled());
    const body = send.mock.lastCall?.[1]?.body;
    const envelope = typeof body === "string" ? body : new TextDecoder().decode(body as Uint8Array<ArrayBuffer>);
    const event = JSON.parse(envelope.split("\n")[2] ?? "") as { sdk: { settings: { infer_ip: string } }; user: { id: string }; tags: { app: string }; release: string };
    expect(event.sdk.settings.infer_ip).toBe("never");
    expect(event.tags.app).toBe("driver");
    expect(event.release).toBe("2.0.1");
    expect(Object.keys(event.user)).toEqual(["id"]);
    expect(envelope).not.toMatch(/hush|Amélie/);
    send.mockRestore();
  });

  it.each([["/", "rider"], ["/sign-in", "rider"], ["/driver", "driver"], ["/drivers", "rider"], ["/admin/users", "admin"]])("is of the app at %s", (path, app) => {
    expect(appAt(path)).toBe(app);
  });
});
