import { Problem } from "../common/problems.mjs";
import { rescueView, roleIn } from "../common/views.mjs";

export class Rescues {
  #documents;

  constructor(documents) {
    this.#documents = documents;
  }

  /** The rescue and the person's role in it; throws `not_found` if it is none of their business. */
  async seenBy(who, id) {
    const rescue = await this.#documents.get("rescuerequests", id);
    const role = rescue && roleIn(rescue, who);
    if (role === undefined) throw new Problem("not_found");
    return { rescue, role };
  }

  async shown(rescue, role) {
    const [rider, driver, profile] = await Promise.all([
      this.#documents.get("users", rescue.rider_id),
      rescue.driver_id && this.#documents.get("users", rescue.driver_id),
      rescue.driver_id && this.#documents.get("driverprofiles", rescue.driver_id),
    ]);
    const vehicle = profile && (await this.#documents.get("vehicles", profile.vehicle_id));
    return rescueView(rescue, role, { rider, driver, vehicle });
  }
}
