import type { ErrorEvent } from "@sentry/browser";
import { describe, expect, it } from "vitest";

import { masked, scrubbed } from "./errorReports.ts";

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
});
