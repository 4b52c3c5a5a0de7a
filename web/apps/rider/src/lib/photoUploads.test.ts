// @vitest-environment jsdom
import { uploadPhoto } from "@supportcarr/phone-app/api/photos";
import { AxiosError } from "axios";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { photoOf, photoQueue, pickPhotos, sendPhotos, sendPicked, usePhotoUploads } from "./photoUploads.ts";
import { useSession } from "./session.ts";

vi.mock("@supportcarr/phone-app/api/photos", () => ({ uploadPhoto: vi.fn() }));

const uploaded = vi.mocked(uploadPhoto);
const TOKEN = `e30.${btoa(JSON.stringify({ sub: "usr_1" }))}.`;
const REFUSED = new AxiosError("Conflict", "409", undefined, null, { status: 409, headers: {}, data: { code: "photos_closed", detail: "No photos are taken any more" } } as never);

const photo = (name: string) => new File(["picture"], name, { type: "image/jpeg" });
const kept = () => photoQueue.state.getState().actions;

beforeEach(() => {
  uploaded.mockReset();
  useSession.setState({ token: TOKEN });
});

afterEach(async () => {
  vi.restoreAllMocks();
  await photoQueue.clear();
  usePhotoUploads.setState({ picked: [] });
});

test("a photo that is taken without a connection is kept, and sent with it, under one key", async () => {
  const online = vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
  await sendPhotos("res_1", "before", [photo("wheel.jpg")]);
  await photoQueue.flush();
  expect(uploaded).not.toHaveBeenCalled();
  expect(kept().map((action) => [photoOf(action), action.state])).toEqual([[{ rescueId: "res_1", stage: "before", name: "wheel.jpg" }, "saved"]]);
  online.mockReturnValue(true);
  uploaded.mockRejectedValueOnce(new AxiosError("Network Error")); // the response is lost
  await photoQueue.flush();
  await photoQueue.flush();
  expect(kept()).toEqual([]);
  const [first, second] = uploaded.mock.calls.map(([, wanted]) => wanted);
  expect(second).toMatchObject({ rescueId: "res_1", stage: "before", key: first?.key });
});

test("a photo that is refused says why and stops no other", async () => {
  uploaded.mockRejectedValueOnce(REFUSED);
  await sendPhotos("res_1", "after", [photo("a.jpg"), photo("b.jpg")]);
  await photoQueue.flush();
  expect(kept().map((action) => [photoOf(action).name, action.state, action.refusal?.code])).toEqual([["a.jpg", "failed", "photos_closed"]]);
  expect(uploaded).toHaveBeenCalledTimes(2);
});

test("photos that were chosen before the rescue existed are sent once it does", async () => {
  pickPhotos([photo("a.jpg"), photo("b.jpg")]);
  await sendPicked("res_2");
  await photoQueue.flush();
  expect(uploaded.mock.calls.map(([, { rescueId, stage, file }]) => [rescueId, stage, file.name])).toEqual([
    ["res_2", "before", "a.jpg"],
    ["res_2", "before", "b.jpg"],
  ]);
  expect(usePhotoUploads.getState().picked).toEqual([]);
});
