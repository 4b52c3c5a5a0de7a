import axios, { AxiosError, type AxiosInstance } from "axios";
import { afterEach, describe, expect, it, vi } from "vitest";

import { contentTypeOf, uploadFile, UploadRefused } from "./uploads.ts";

const send = vi.spyOn(axios, "post");
const FILE = new File(["picture"], "licence.jpg", { type: "image/jpeg" });
const TICKET = { id: "fil_1", upload: { method: "POST", url: "https://files.example/", fields: { key: "fil_1", policy: "signed" } } };

function fakeHttp(...states: string[]) {
  const stored = (state: string | undefined) => ({ data: { id: "fil_1", state, content_type: "image/jpeg", size: 7, detail: state === "refused" ? "This is no picture" : null } });
  const post = vi.fn((path: string) => Promise.resolve(path === "/me/uploads" ? { data: TICKET } : stored(states.shift())));
  const get = vi.fn(() => Promise.resolve(stored(states.shift())));
  return { post, get, instance: { post, get } as unknown as AxiosInstance };
}

afterEach(() => {
  vi.resetAllMocks();
  vi.useRealTimers();
});

describe("an upload", () => {
  it("asks for a form, sends it with its fields before the file, and waits until the file has been checked", async () => {
    vi.useFakeTimers();
    send.mockResolvedValue({ data: "" });
    const http = fakeHttp("processing", "processing", "ready");
    const uploaded = uploadFile(http.instance, "driver_document", FILE);
    await vi.runAllTimersAsync();
    expect(await uploaded).toMatchObject({ id: "fil_1", state: "ready" });
    expect(http.post.mock.calls[0]).toEqual(["/me/uploads", { purpose: "driver_document", content_type: "image/jpeg", size: 7 }, { headers: { "Idempotency-Key": expect.stringMatching(/^[\w-]{36}$/) as string } }]);
    const [url, form] = send.mock.calls[0] as [string, FormData];
    expect(url).toBe("https://files.example/");
    expect([...form.keys()]).toEqual(["key", "policy", "file"]);
  });

  it("fails with the reason for which the file was refused", async () => {
    send.mockResolvedValue({ data: "" });
    await expect(uploadFile(fakeHttp("refused").instance, "bike_photo", FILE)).rejects.toEqual(new UploadRefused("This is no picture"));
  });

  it("is not completed if the store does not take the file", async () => {
    send.mockRejectedValue(new Error("the signature has expired"));
    const http = fakeHttp("ready");
    await expect(uploadFile(http.instance, "bike_photo", FILE)).rejects.toThrow("expired");
    expect(http.post).toHaveBeenCalledTimes(1);
  });
});

describe("an upload that is tried again", () => {
  const picture = () => new File(["picture"], "licence.jpg", { type: "image/jpeg" });
  const keysOf = ({ post }: ReturnType<typeof fakeHttp>) => post.mock.calls.filter(([path]) => path === "/me/uploads").map((call: unknown[]) => (call[2] as { headers: Record<string, string> }).headers["Idempotency-Key"]);

  it("goes on with the upload that was begun, also after the response of its beginning was lost; the next is another", async () => {
    send.mockResolvedValue({ data: "" });
    const file = picture();
    const http = fakeHttp("ready", "ready");
    http.post.mockRejectedValueOnce(new AxiosError("Network Error"));
    await expect(uploadFile(http.instance, "bike_photo", file)).rejects.toThrow("Network");
    send.mockRejectedValueOnce(new AxiosError("Network Error"));
    await expect(uploadFile(http.instance, "bike_photo", file)).rejects.toThrow("Network");
    await uploadFile(http.instance, "bike_photo", file);
    await uploadFile(http.instance, "bike_photo", file);
    const [first, second, third, fourth] = keysOf(http);
    expect([second, third]).toEqual([first, first]);
    expect(fourth).not.toBe(first);
  });

  it("begins anew when the form has expired, and only asks how it went when the file is there", async () => {
    send.mockResolvedValue({ data: "" });
    const http = fakeHttp("ready", "ready");
    const file = picture();
    http.post.mockResolvedValueOnce({ data: { id: "fil_1", state: "awaiting_upload" } } as never);
    await uploadFile(http.instance, "bike_photo", file);
    expect(new Set(keysOf(http)).size).toBe(2);
    send.mockClear();
    http.post.mockResolvedValueOnce({ data: { id: "fil_1", state: "processing" } } as never);
    expect(await uploadFile(http.instance, "bike_photo", file)).toMatchObject({ state: "ready" });
    expect(send).not.toHaveBeenCalled();
  });

  it("goes on also after the page was loaded again, when the same file is chosen once more within a day", async () => {
    vi.resetModules();
    const items = new Map<string, string>();
    vi.stubGlobal("localStorage", { getItem: (key: string) => items.get(key) ?? null, setItem: (key: string, value: string) => items.set(key, value) });
    const chosen = (lastModified = 1_700_000_000_000) => new File(["picture"], "Ana's licence.jpg", { type: "image/jpeg", lastModified });
    const http = fakeHttp("ready", "ready", "ready", "ready");
    const tryUpload = async (file: File) => {
      vi.resetModules(); // another page
      await (await import("./uploads.ts")).uploadFile(http.instance, "driver_document", file).catch(() => undefined);
    };
    send.mockRejectedValue(new AxiosError("Network Error"));
    await tryUpload(chosen());
    await tryUpload(chosen());
    await tryUpload(chosen(1_700_000_000_001));
    expect([...items.values()].join()).not.toContain("Ana");
    vi.setSystemTime(Date.now() + 25 * 3_600_000);
    await tryUpload(chosen());
    const [first, second, other, late] = keysOf(http);
    expect(second).toBe(first);
    expect(new Set([first, other, late]).size).toBe(3);
    vi.unstubAllGlobals();
  });

  it("begins anew after a refusal", async () => {
    send.mockResolvedValue({ data: "" });
    const http = fakeHttp("refused", "ready");
    const file = picture();
    await expect(uploadFile(http.instance, "bike_photo", file)).rejects.toBeInstanceOf(UploadRefused);
    await uploadFile(http.instance, "bike_photo", file);
    expect(new Set(keysOf(http)).size).toBe(2);
  });
});

it("knows the type of a file by its name where the browser does not", () => {
  expect(contentTypeOf({ name: "IMG_1.HEIC", type: "" })).toBe("image/heic");
  expect(contentTypeOf({ name: "a.pdf", type: "application/pdf" })).toBe("application/pdf");
  expect(contentTypeOf({ name: "strange", type: "" })).toBe("application/octet-stream");
});
