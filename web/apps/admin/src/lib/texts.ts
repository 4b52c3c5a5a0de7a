import { words } from "./format.ts";

/**
 * Everything that the console says, in one place, so that another language is another object of this
 * shape.  Lint keeps words out of the components.
 */
export const texts = {
  product: "SupportCarr",
  tryAgain: "Try again",
  close: "Close",
  loading: "Loading…",

  page: {
    broken: "Something went wrong on this page.",
    brokenHelp: "What you did is safe. Reload the page to go on.",
    reload: "Reload",
    unreachable: "SupportCarr cannot be reached.",
    noArea: "No service area is set up yet.",
  },

  signIn: {
    title: "SupportCarr console",
    about: "For operators. Watch the city, open a rescue, see what happened.",
    phone: "Phone",
    phoneExample: "+1 514 555 0142",
    password: "Password",
    submit: "Sign in",
    pending: "Signing in…",
    notAnOperator: "This account has no place in the console: it is for operators only.",
    noAnswer: "SupportCarr cannot be reached just now. Check the connection and try again.",
    ended: {
      expired: "Your session has ended. Sign in again.",
      forbidden: "This account may not use the console any more.",
    },
  },

  header: {
    light: "Light",
    dark: "Dark",
    theme: (next: string) => `Switch to the ${next.toLowerCase()} theme`,
    signOut: "Sign out",
    connection: { live: "Live", connecting: "Connecting", offline: "Offline" },
  },

  counters: {
    label: "The city in figures",
    cityTime: (speed: number) => (speed === 1 ? "City time" : `City time ×${speed}`),
    driversBusy: "Drivers busy",
    of: (some: number, all: number) => `${some} of ${all}`,
    waiting: "Waiting",
    underWay: "Under way",
    longestWait: "Longest wait",
    completedToday: "Completed today",
    revenueToday: "Revenue today",
    aboveLevel: "longer than the service level",
  },

  board: {
    title: "Rescues",
    live: (count: number) => `Live ${count}`,
    ended: "Ended",
    newestFirst: "Newest first",
    groups: { waiting: "Waiting for a driver", coming: "Driver coming", there: "At the rider", home: "Bringing home" },
    nobodyWaits: "Nobody is waiting.",
    nothingLive: "No rescue is under way.",
    nothingEnded: "No rescue has ended yet.",
    unread: "The rescues could not be read. Trying again…",
    unreadEnded: "The ended rescues could not be read.",
    waitingFor: (time: string) => `waiting ${time}`,
    away: (time: string) => `${time} away`,
  },

  events: {
    title: "Events",
    pause: "Pause",
    resume: "Resume",
    resumeWith: (count: number) => `Resume (${count} new)`,
    none: "Nothing has happened in the last hour. What happens in the city appears here.",
    message: "Message",
  },

  map: {
    title: "Live map",
    zoomIn: "Zoom in",
    zoomOut: "Zoom out",
    key: {
      free: "Free truck",
      coming: "Truck coming",
      loaded: "Rider on board",
      waiting: "Rider waiting",
      awaited: "Driver coming",
      home: "Drop-off",
      demand: "Usual demand",
    },
    freeTruck: "Free truck",
    truckOf: (id: string) => `Truck of ${id}`,
    arrivesIn: (time: string) => `arrives in ${time}`,
    stale: "Not connected. What you see may be old.",
    none: "The map cannot be shown in this browser (it needs WebGL). The lists beside it go on.",
    plain: "The map that is set up could not be loaded; this is the plain one.",
  },

  rescue: {
    title: (id: string) => `Rescue ${id}`,
    unread: "This rescue cannot be shown just now.",
    notFound: "There is no such rescue.",
    facts: { what: "What", why: "Why", rider: "Rider", driver: "Driver", eta: "Arrives in", requested: "Requested", payment: "Payment", messages: "Messages", note: "Note" },
    noDriver: "none yet",
    captured: (amount: string) => `${amount} captured`,
    refunded: (amount: string) => `${amount} refunded`,
    price: "Price",
    total: "Total",
    owed: "Owed",
    timeline: "Timeline",
    by: (role: string) => `by ${role}`,
    after: (time: string) => `after ${time}`,
    offers: (count: number) => `Offers (${count})`,
    noOffers: "No driver has been asked yet.",
    offerMade: (pay: string, eta: string) => `${pay} for the driver, ${eta} away`,
  },

  status: {
    scheduled: "Scheduled",
    requested: "Card check",
    matching: "Finding a driver",
    assigned: "Driver found",
    en_route: "On the way",
    arrived: "At the rider",
    in_transit: "Bringing home",
    completed: "Completed",
    cancelled: "Cancelled",
    no_show: "Rider not there",
    unserved: "No driver found",
    rejected: "Rejected",
    aborted: "Stopped",
  } as Record<string, string>,

  /** Problems, reasons, roles, states of offers and payments: codes that the platform may add to. */
  codes: {
    flat_tire: "Flat tire",
    dead_battery: "Dead battery",
    mechanical: "Mechanical trouble",
    accident: "Accident",
    damaged_battery: "Damaged battery",
    stranded: "Stranded",
    other: "Something else",
    rescue: "Rescue",
    card_declined: "Card declined",
    rider: "rider",
    driver: "driver",
    system: "system",
    operator: "operator",
    hold: "Hold",
    capture: "Capture",
    release: "Release",
    refund: "Refund",
    fee: "Fee",
    tip: "Tip",
    "sos:raised": "SOS",
  } as Record<string, string>,
};

/** The text of a code, or its words. */
export const said = (code: string): string => texts.codes[code] ?? words(code.replace(":", " "));
