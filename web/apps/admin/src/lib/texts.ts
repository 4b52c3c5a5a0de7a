import { humanizeCode } from "./format.ts";

/**
 * All texts of the console in one object, so that another language is another object of the same shape.
 * ESLint rejects literal texts in components.
 */
export const texts = {
  product: "SupportCarr",
  tryAgain: "Try again",
  close: "Close",
  loading: "Loading…",
  yes: "yes",
  no: "no",

  nav: { label: "Pages", city: "City", users: "Users", partners: "Partners", auditLog: "Audit log", account: "My account" },

  page: {
    title: "SupportCarr console",
    crashed: "Something went wrong on this page.",
    crashedHelp: "Reload the page to continue. Nothing you did was lost.",
    reload: "Reload",
    unreachable: "SupportCarr cannot be reached.",
    noArea: "No service area has been configured yet.",
    notFound: "This page does not exist.",
    openConsole: "Open the console",
  },

  signIn: {
    title: "SupportCarr console",
    about: "For operators: watch the city, open a rescue, see what happened.",
    restoring: "Connecting…",
    notAnOperator: "This account cannot use the console, which is for operators only.",
    endReason: {
      expired: "Your session has expired. Sign in again.",
      reused: "Your session was ended because it was used from two places at once. If that was not you, change your password. Sign in again.",
      forbidden: "This account can no longer use the console.",
    },
  },

  header: {
    area: "Service area",
    light: "Light",
    dark: "Dark",
    theme: (next: string) => `Switch to the ${next.toLowerCase()} theme`,
    signOut: "Sign out",
    connection: { live: "Live", connecting: "Connecting", offline: "Offline" },
  },

  counters: {
    label: "City overview",
    cityTime: (speed: number) => (speed === 1 ? "City time" : `City time ×${speed}`),
    driversBusy: "Drivers busy",
    of: (some: number, all: number) => `${some} of ${all}`,
    waiting: "Waiting",
    underWay: "Under way",
    longestWait: "Longest wait",
    completedToday: "Completed today",
    revenueToday: "Revenue today",
    aboveServiceLevel: "above the service level",
  },

  board: {
    title: "Rescues",
    live: (count: number) => `Live ${count}`,
    ended: "Ended",
    newestFirst: "Newest first",
    groups: { waiting: "Waiting for a driver", approaching: "Driver on the way", atRider: "Driver arrived", inTransit: "Rider on board" },
    noneWaiting: "No riders are waiting.",
    noneLive: "No rescues are under way.",
    noneEnded: "No rescues have ended yet.",
    loadFailed: "The rescues could not be loaded. Trying again…",
    endedLoadFailed: "The ended rescues could not be loaded.",
    waitingFor: (time: string) => `waiting ${time}`,
    away: (time: string) => `${time} away`,
  },

  activity: {
    title: "Events",
    pause: "Pause",
    resume: "Resume",
    resumeWith: (count: number) => `Resume (${count} new)`,
    none: "No events yet. New events appear here.",
    message: "Message",
  },

  map: {
    title: "Live map",
    zoomIn: "Zoom in",
    zoomOut: "Zoom out",
    legend: {
      free: "Free truck",
      approaching: "Truck on the way",
      loaded: "Truck with rider",
      waiting: "Rider waiting",
      assigned: "Driver assigned",
      dropoff: "Drop-off",
      demand: "Usual demand",
    },
    freeTruck: "Free truck",
    truckOf: (id: string) => `Truck of ${id}`,
    arrivesIn: (time: string) => `arrives in ${time}`,
    stale: "Not connected. The data shown may be out of date.",
    unavailable: "This browser cannot show the map because it has no WebGL. The lists stay up to date.",
    fallback: "The configured map could not be loaded. Showing the basic map instead.",
  },

  rescue: {
    title: (id: string) => `Rescue ${id}`,
    loadFailed: "This rescue could not be loaded.",
    notFound: "This rescue does not exist.",
    fields: { problem: "Problem", reason: "Reason", rider: "Rider", driver: "Driver", eta: "Arrives in", requested: "Requested", payment: "Payment", messages: "Messages", note: "Note" },
    noDriver: "not assigned yet",
    captured: (amount: string) => `${amount} captured`,
    refunded: (amount: string) => `${amount} refunded`,
    price: "Price",
    total: "Total",
    amountDue: "Amount due",
    timeline: "Timeline",
    unverified: "Not verified",
    by: (role: string) => `by ${role}`,
    after: (time: string) => `after ${time}`,
    offers: (count: number) => `Offers (${count})`,
    noOffers: "No offers have been sent to drivers yet.",
    offer: (pay: string, eta: string) => `${pay} for the driver, ${eta} away`,
  },

  status: {
    scheduled: "Scheduled",
    requested: "Checking card",
    matching: "Finding a driver",
    assigned: "Driver assigned",
    en_route: "On the way",
    arrived: "Driver arrived",
    in_transit: "Rider on board",
    completed: "Completed",
    cancelled: "Cancelled",
    no_show: "Rider not found",
    unserved: "No driver found",
    rejected: "Rejected",
    aborted: "Stopped",
  } as Record<string, string>,

  enrolment: {
    title: "Set up your authenticator app",
    about: "Operators sign in with a second factor. Until it is set up, nothing else can be opened.",
  },

  ownAccount: {
    title: "My account",
    about: "Your own sign-in to the console.",
    sessions: {
      title: "Where you are signed in",
      about: "If you do not recognize a device, sign it out and change your password.",
      loadFailed: "Your devices could not be loaded.",
    },
    password: { title: "Password", about: "Changing it signs out all your other devices." },
  },

  auditLog: {
    title: "Audit log",
    about: "What operators did: who, what, whose, and from where. A change of it would be noticed.",
    columns: { when: "When", who: "Who", action: "Action", subject: "On what", changes: "Changes", from: "From" },
    filter: {
      label: "Filter the audit log",
      actor: "Who (account)",
      person: "Whose (account)",
      subject: "On what",
      action: "Action",
      since: "From",
      until: "Until",
      idExample: "usr_…",
      actionExample: "users.ban",
      apply: "Filter",
      clear: "Clear",
    },
    actions: {} as Record<string, string>,
    filterActor: (id: string) => `Show only what ${id} did`,
    filterSubject: (id: string) => `Show only what was done to ${id}`,
    filterPerson: (id: string) => `Show only what concerns ${id}`,
    change: (name: string, before: string, after: string) => `${name}: ${before} → ${after}`,
    reason: (reason: string) => `Reason: ${reason}`,
    nothing: "nothing",
    machine: "command line",
    erased: "The person was erased; details are gone.",
    none: "No entries.",
    more: "Show more",
    loadFailed: "The audit log could not be loaded.",
  },

  /** Problems, reasons, roles, states of offers and payments; the platform may add codes. */
  codes: {
    flat_tire: "Flat tire",
    dead_battery: "Dead battery",
    mechanical: "Mechanical problem",
    accident: "Accident",
    damaged_battery: "Damaged battery",
    stranded: "Stranded",
    other: "Other",
    rescue: "Rescue",
    card_declined: "Card declined",
    position_unknown: "Not verified: position unknown",
    position_jumped: "Not verified: position jumped",
    far_from_dropoff: "Far from the drop-off",
    rider: "the rider",
    driver: "the driver",
    system: "the system",
    operator: "an operator",
    hold: "Hold",
    capture: "Capture",
    release: "Release",
    refund: "Refund",
    fee: "Fee",
    tip: "Tip",
    "sos:raised": "SOS",
  } as Record<string, string>,
};

/** The text of a code; a code without one is turned into words. */
export const describeCode = (code: string): string => texts.codes[code] ?? humanizeCode(code.replace(":", " "));
