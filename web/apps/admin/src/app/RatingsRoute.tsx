import { RatingQueue } from "../features/rating-review/RatingQueue.tsx";
import { texts } from "../lib/texts.ts";
import { OfficePage } from "./OfficePage.tsx";

export function RatingsRoute() {
  return (
    <OfficePage title={texts.ratings.title} about={texts.ratings.about}>
      <RatingQueue />
    </OfficePage>
  );
}
