import type { Buffer } from "node:buffer";

import { expect } from "vitest";

import { getDemoCity } from "./browser.ts";
import { request, requestJson, signUp } from "./demoCity.ts";

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

const put = (path: string, token: string, body: object) => request(getDemoCity().base, path, { method: "PUT", token, body });

export interface Applicant {
  id: string;
  token: string;
  /** States the papers; what is given replaces the usual. */
  state: (papers?: object) => Promise<void>;
  /** Submits the application, and waits until the providers of checks have results. */
  submit: () => Promise<void>;
  /** Uploads a picture as the document of that kind. */
  upload: (kind: string, picture: Buffer, details: object) => Promise<void>;
  /** An operator approves the document of that kind, outside the console. */
  approveDocument: (kind: string) => Promise<void>;
  /** An operator approves the application, outside the console. */
  approve: () => Promise<void>;
  /** An operator rejects it, outside the console. */
  reject: (reason: string) => Promise<void>;
  /** What the driver reads. */
  read: () => Promise<{ state: string; decision: { reason: string | null; fields: string[] } | null }>;
}

/** Somebody who has stated valid papers and has a vehicle. */
export async function applicant(person: { phone: string; password: string; name: string; role: string }, plate: string): Promise<Applicant> {
  const { base, tokens } = getDemoCity();
  const token = await signUp(base, person);
  const { id } = await requestJson<{ id: string }>(base, "/me", { token });
  const state = async (papers = {}) => {
    await put("/me/driver-application", token, { licence_class: "5", licence_expires_on: inDays(900), insurer: "Desjardins", insurance_expires_on: inDays(400), ...papers });
  };
  await state();
  await requestJson(base, "/me/vehicles", { token, body: { type: "pickup", make: "Ford", model: "F-150", colour: "blue", plate } });
  async function upload(kind: string, picture: Buffer, details: object) {
    const begun = await requestJson<{ id: string; upload: { url: string; fields: Record<string, string> } }>(base, "/me/uploads", {
      token,
      body: { purpose: kind.endsWith("_photo") ? kind : "driver_document", content_type: "image/jpeg", size: picture.length },
    });
    const form = new FormData();
    for (const [name, value] of Object.entries(begun.upload.fields)) form.append(name, value);
    form.append("file", new Blob([new Uint8Array(picture)], { type: "image/jpeg" }), `${kind}.jpg`);
    const sent = await fetch(new URL(begun.upload.url, base), { method: "POST", body: form });
    if (!sent.ok) throw new Error(`the form of ${kind}: ${sent.status} ${await sent.text()}`);
    const file = `/me/uploads/${begun.id}`;
    await requestJson(base, `${file}/completion`, { token, body: {} });
    const readiness = async () => (await requestJson<{ state: string }>(base, file, { token })).state;
    await expect.poll(readiness).toBe("ready");
    await put(`/me/driver-documents/${kind}`, token, { file_ids: [begun.id], ...details });
  }
  const decide = (name: string, body: object) => requestJson(base, `/admin/drivers/${id}/${name}`, { token: tokens.access_token, body });
  return {
    id,
    token,
    state,
    submit: async () => {
      await requestJson(base, "/me/driver-application/submission", { token, body: {} });
      const checksDone = async () => (await requestJson<{ checks: { done: boolean }[] }>(base, "/me/driver-application", { token })).checks.map(({ done }) => done);
      await expect.poll(checksDone).toEqual([true, true]);
    },
    upload,
    approveDocument: async (kind) => {
      const { items } = await requestJson<{ items: { id: string; kind: string }[] }>(base, "/me/driver-documents", { token });
      const document = items.find((item) => item.kind === kind);
      await requestJson(base, `/admin/documents/${document?.id}/review`, { token: tokens.access_token, body: { decision: "approve" } });
    },
    approve: async () => {
      await decide("approval", {});
    },
    reject: async (reason) => {
      await decide("rejection", { reason });
    },
    read: () => requestJson(base, "/me/driver-application", { token }),
  };
}
