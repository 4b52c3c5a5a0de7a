// @vitest-environment jsdom
import { type StoredFile, UploadRefused } from "@supportcarr/client/uploads";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";

import { FileUpload, refusalOf } from "./FileUpload.tsx";

afterEach(cleanup);

const LABEL = "Licence";
const PICTURE = new File(["x"], "licence.jpg", { type: "image/jpeg" });
const STORED = { id: "fil_1", state: "ready", content_type: "image/jpeg", size: 1 } as StoredFile;

const choose = (file: File) => fireEvent.change(screen.getByLabelText(LABEL), { target: { files: [file] } });

it("refuses what cannot be uploaded before anything is sent", () => {
  expect(refusalOf({ name: "a.gif", type: "image/gif", size: 10 }, true)).toMatch(/JPEG, PNG, WebP, HEIC or PDF/);
  expect(refusalOf({ name: "a.pdf", type: "application/pdf", size: 10 }, false)).toMatch(/JPEG, PNG, WebP or HEIC/);
  expect(refusalOf({ name: "a.pdf", type: "application/pdf", size: 10 }, true)).toBeNull();
  expect(refusalOf({ name: "IMG.HEIC", type: "", size: 10 }, false)).toBeNull();
  expect(refusalOf({ name: "a.jpg", type: "image/jpeg", size: 16 * 1024 * 1024 }, false)).toMatch(/15 MB/);
  expect(refusalOf({ name: "a.jpg", type: "image/jpeg", size: 0 }, false)).toMatch(/empty/);
});

it("tries an upload again that failed on the way", async () => {
  const upload = vi.fn<() => Promise<StoredFile>>().mockRejectedValueOnce(new Error("offline")).mockResolvedValueOnce(STORED);
  const onUploaded = vi.fn();
  render(<FileUpload label={LABEL} upload={upload} onUploaded={onUploaded} />);
  choose(PICTURE);
  await screen.findByRole("alert");
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  await vi.waitFor(() => expect(onUploaded).toHaveBeenCalledExactlyOnceWith(STORED));
  expect(screen.queryByRole("alert")).toBeNull();
  expect(screen.getByRole("status").textContent).toBe("licence.jpg is uploaded.");
});

it("says why a file was refused, and asks for another one", async () => {
  render(<FileUpload label={LABEL} upload={() => Promise.reject(new UploadRefused("The file is damaged"))} onUploaded={() => undefined} />);
  choose(PICTURE);
  expect((await screen.findByRole("alert")).textContent).toBe("The file is damaged");
  expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
  expect(screen.getByRole("button", { name: "Choose a file" })).toBeDefined();
});

it("shows how far the upload is, tells the form that it must wait, and can be stopped", async () => {
  const onBusy = vi.fn();
  const upload = vi.fn(
    (_file: File, { onProgress, signal }: { onProgress?: (share: number) => void; signal?: AbortSignal }) =>
      new Promise<StoredFile>((_, reject) => {
        onProgress?.(0.4);
        signal?.addEventListener("abort", () => reject(new Error("stopped")));
      }),
  );
  render(<FileUpload label={LABEL} upload={upload} onUploaded={() => undefined} onBusy={onBusy} />);
  choose(PICTURE);
  expect(await screen.findByText("Sending: 40 %")).toBeDefined();
  expect(onBusy.mock.calls).toEqual([[true]]);
  fireEvent.click(screen.getByRole("button", { name: "Stop" }));
  await vi.waitFor(() => expect(onBusy.mock.calls).toEqual([[true], [false]]));
  expect(screen.queryByRole("alert")).toBeNull();
});

it("shows the problem of the form that contains it", () => {
  render(<FileUpload label={LABEL} error="Upload your licence" upload={() => Promise.resolve(STORED)} onUploaded={() => undefined} />);
  expect(screen.getByRole("alert").textContent).toBe("Upload your licence");
});
