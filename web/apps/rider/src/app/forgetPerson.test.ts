// @vitest-environment jsdom
import { expect, test } from "vitest";

import { useEnteredCard } from "../lib/cards/enteredCard.ts";
import { rememberRequest } from "../lib/lastRequests.ts";
import { pickPhotos, usePhotoUploads } from "../lib/photoUploads.ts";
import { EMPTY_DRAFT } from "../lib/requestSteps.ts";
import { useRequest } from "../lib/requestStore.ts";
import { forgetPerson } from "./forgetPerson.ts";

test("nothing that a rider has entered is there for the next one", () => {
  const spot = { lat: 45.5, lng: -73.6, address: "12 Rue Ontario" };
  useRequest.getState().change({ pickup: spot, note: "the red door" });
  useRequest.getState().chooseCard("pm_1");
  rememberRequest("res_1", { quote: { kind: "rescue", pickup: spot, dropoff: spot }, cardId: "pm_1", note: null });
  pickPhotos([new File(["picture"], "bike.jpg", { type: "image/jpeg" })]);
  useEnteredCard.setState({ setupIntent: "seti_1" });
  const kept = () => JSON.stringify([localStorage, sessionStorage]);
  expect(kept()).toMatch(/Ontario.*red door.*seti_1|seti_1.*Ontario.*red door/);

  forgetPerson();
  expect(useRequest.getState()).toMatchObject({ draft: EMPTY_DRAFT, cardId: null, attempt: null });
  expect(usePhotoUploads.getState().picked).toEqual([]);
  expect(useEnteredCard.getState().setupIntent).toBeNull();
  expect(kept()).not.toMatch(/Ontario|red door|pm_1|seti_1/);
});
