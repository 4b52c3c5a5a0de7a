import { useEnteredCard } from "../lib/cards/enteredCard.ts";
import { forgetRequests } from "../lib/lastRequests.ts";
import { usePhotoUploads } from "../lib/photoUploads.ts";
import { useRequest } from "../lib/requestStore.ts";

/** Deletes what the stores of the app, and of the browser, hold of a rider: somebody else may be the next. */
export function forgetPerson(): void {
  useRequest.setState({ cardId: null });
  useRequest.getState().clear();
  forgetRequests();
  usePhotoUploads.setState({ picked: [] });
  useEnteredCard.setState({ setupIntent: null, renewing: false });
}
