/** Who looks at a screen; `screenPeople.ts` makes them, but a newcomer signs up in the app. */
export type Viewer = "nobody" | "newcomer" | "rider" | "applicant" | "driver" | "operator";

/** What the people of the screens have, for the parameters of paths. */
export interface Belongings {
  /** A rescue that is under way, with its driver on the road. */
  liveRescueId: string;
  /** One that was delivered, paid and rated. */
  endedRescueId: string;
  driverId: string;
  vehicleId: string;
  shareToken: string;
}

export interface Screen {
  /** As the app's router names it. */
  route: string;
  viewer: Viewer;
  /** Where it is, below the app's own path; by default the route. */
  path?: (belongings: Belongings) => string;
  /** A heading that only this screen has. */
  heading: string | RegExp;
  /** The draft of a request that a step needs. */
  draft?: object;
  /** What distinguishes it from other screens of the same route. */
  name?: string;
}

/** A route whose screen another test opens and checks. */
export interface ElsewhereChecked {
  route: string;
  checkedBy: string;
}

const HERE = { lat: 45.4455, lng: -73.7462, address: null };
const THERE = { lat: 45.4525, lng: -73.7362, address: null };
const DRAFT = { pickup: HERE, kind: "rescue", problem: null, battery: null, dropoff: null, scheduledFor: null, promoCode: "", note: "" };
const step = (name: string, heading: string, draft: object = {}): Screen => ({
  route: "/request/$step",
  viewer: "rider",
  name,
  path: () => `/request/${name}`,
  heading,
  draft: { ...DRAFT, ...draft },
});
const ofLive = (route: string, heading: string | RegExp, viewer: Viewer = "rider"): Screen => ({ route, viewer, path: ({ liveRescueId }) => route.replace("$rescueId", liveRescueId), heading, name: "under way" });
const ofEnded = (route: string, heading: string | RegExp, viewer: Viewer = "rider"): Screen => ({ route, viewer, path: ({ endedRescueId }) => route.replace("$rescueId", endedRescueId), heading, name: "ended" });

/**
 * Every screen of every app, by the app.  A route of an app's router that is missing here fails `screenList.test.ts`;
 * `screens.test.ts` opens each.
 */
export const SCREENS: Record<"rider" | "driver" | "admin", (Screen | ElsewhereChecked)[]> = {
  rider: [
    { route: "/welcome", viewer: "nobody", heading: "A neighbour on the way" },
    { route: "/sign-in", viewer: "nobody", heading: "Sign in" },
    { route: "/sign-up", viewer: "nobody", heading: "Create an account" },
    { route: "/reset", viewer: "nobody", heading: "Reset your password" },
    { route: "/help", viewer: "nobody", heading: "Help" },
    { route: "/terms", viewer: "nobody", heading: /^Terms/ },
    { route: "/privacy", viewer: "nobody", heading: /^Privacy/ },
    { route: "/verify", viewer: "newcomer", heading: "Confirm your number" },
    { route: "/", viewer: "newcomer", heading: "Where are you?", name: "no rescue" },
    step("problem", "What is wrong?"),
    step("battery", "Is the battery safe?", { problem: "damaged_battery" }),
    step("load", "What is it?", { kind: "hauling" }),
    step("bike", "Which bike?", { problem: "flat_tire" }),
    step("dropoff", "Where to?", { problem: "flat_tire", bikeId: null }),
    step("review", "Review and request", { problem: "flat_tire", bikeId: null, dropoff: THERE }),
    { route: "/", viewer: "rider", heading: /^Denis/, name: "under way" },
    ofLive("/rescues/$rescueId", /^Denis/),
    ofLive("/rescues/$rescueId/chat", /^Chat with Denis/),
    ofLive("/rescues/$rescueId/photos", "Photos"),
    ofEnded("/rescues/$rescueId", "You have arrived"),
    ofEnded("/rescues/$rescueId/receipt", "Receipt"),
    ofEnded("/rescues/$rescueId/rating", /^How was it/),
    { route: "/rescues", viewer: "rider", heading: "Your rescues" },
    { route: "/inbox", viewer: "rider", heading: "Inbox" },
    { route: "/me", viewer: "rider", heading: "Account" },
    { route: "/places", viewer: "rider", heading: "Places" },
    { route: "/bikes", viewer: "rider", heading: "Bikes" },
    { route: "/cards", viewer: "rider", heading: "Cards" },
    { route: "/me/preferences", viewer: "rider", heading: "Settings" },
    { route: "/me/profile", viewer: "rider", heading: "Name and number" },
    { route: "/me/security", viewer: "rider", heading: "Security" },
    { route: "/me/privacy", viewer: "rider", heading: "Your data" },
    { route: "/me/driving", viewer: "rider", heading: "Drive with SupportCarr" },
  ],
  driver: [
    { route: "/welcome", viewer: "nobody", heading: "Your truck can help a neighbour" },
    { route: "/sign-in", viewer: "nobody", heading: "Sign in to drive" },
    { route: "/sign-up", viewer: "nobody", heading: "Become a driver" },
    { route: "/reset", viewer: "nobody", heading: "Reset your password" },
    { route: "/help", viewer: "nobody", heading: "Help" },
    { route: "/", viewer: "applicant", heading: "Not complete yet", name: "applicant" },
    { route: "/apply", viewer: "applicant", heading: "Your application" },
    { route: "/apply/statement", viewer: "applicant", heading: "Licence and insurance" },
    { route: "/apply/documents/$kind", viewer: "applicant", path: () => "/apply/documents/licence", heading: "Driving licence" },
    { route: "/vehicles/$vehicleId", viewer: "driver", path: ({ vehicleId }) => `/vehicles/${vehicleId}`, heading: "Vehicle" },
    { route: "/verify", checkedBy: "journeys/driver.test.ts" },
    { route: "/", viewer: "driver", heading: "You are online", name: "on a job" },
    ofLive("/job/$rescueId", /^On the way to/, "driver"),
    ofLive("/job/$rescueId/chat", /^Chat with/, "driver"),
    ofEnded("/job/$rescueId", "Well done", "driver"),
    { route: "/earnings", viewer: "driver", heading: "Earnings" },
    { route: "/ratings", viewer: "driver", heading: "Your ratings" },
    { route: "/shifts", viewer: "driver", heading: "Shifts" },
    { route: "/vehicles", viewer: "driver", heading: "Vehicles" },
    { route: "/inbox", viewer: "driver", heading: "Inbox" },
    { route: "/account", viewer: "driver", heading: "Account" },
    { route: "/account/preferences", viewer: "driver", heading: "Settings" },
    { route: "/account/profile", viewer: "driver", heading: "Name and number" },
    { route: "/account/security", viewer: "driver", heading: "Security" },
    { route: "/account/privacy", viewer: "driver", heading: "Your data" },
  ],
  admin: [
    { route: "/", viewer: "operator", heading: "Rescues" },
    { route: "/rescues/$rescueId", viewer: "operator", path: ({ liveRescueId }) => `/rescues/${liveRescueId}`, heading: /^Rescue / },
    { route: "/audit-log", viewer: "operator", heading: "Audit log" },
    { route: "/drivers", viewer: "operator", heading: "Drivers" },
    { route: "/drivers/$driverId", viewer: "operator", path: ({ driverId }) => `/drivers/${driverId}`, heading: "Denis Caron" },
    { route: "/applications", viewer: "operator", heading: "Applications" },
    { route: "/ratings", viewer: "operator", heading: "Ratings" },
    { route: "/users", viewer: "operator", heading: "Users" },
    { route: "/partners", viewer: "operator", heading: "Partners" },
    { route: "/partners/$partnerId", checkedBy: "partners.test.ts" },
    { route: "/account", viewer: "operator", heading: "My account" },
  ],
};
