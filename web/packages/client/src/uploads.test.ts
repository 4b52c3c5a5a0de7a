import axios, { type AxiosInstance } from "axios";
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
    expect(http.post.mock.calls[0]).toEqual(["/me/uploads", { purpose: "driver_document", content_type: "image/jpeg", size: 7 }, {}]);
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

it("knows the type of a file by its name where the browser does not", () => {
  expect(contentTypeOf({ name: "IMG_1.HEIC", type: "" })).toBe("image/heic");
  expect(contentTypeOf({ name: "a.pdf", type: "application/pdf" })).toBe("application/pdf");
  expect(contentTypeOf({ name: "strange", type: "" })).toBe("application/octet-stream");
});
