import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect, type RouterHistory } from "@tanstack/react-router";

import { WelcomeScreen } from "../features/entry/WelcomeScreen.tsx";
import { HomeScreen } from "../features/home/HomeScreen.tsx";
import { hasSession, restoreSession } from "../lib/session.ts";
import { report } from "@supportcarr/client/telemetry";
import { CrashScreen } from "@supportcarr/phone-app/shell/CrashScreen";
import { NotFoundScreen } from "@supportcarr/phone-app/shell/NotFoundScreen";
import { PendingScreen } from "@supportcarr/phone-app/shell/PendingScreen";
import { RootLayout } from "@supportcarr/phone-app/shell/RootLayout";
import { SignedInLayout } from "./SignedInLayout.tsx";
import { TabLayout } from "./TabLayout.tsx";

const rootRoute = createRootRoute({ component: RootLayout, beforeLoad: restoreSession, notFoundComponent: NotFoundScreen, errorComponent: CrashScreen });

// --- without a session ----------------------------------------------------------------------

const entryRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "entry",
  beforeLoad: () => {
    if (hasSession()) redirect({ to: "/", throw: true });
  },
});
const welcomeRoute = createRoute({ getParentRoute: () => entryRoute, path: "welcome", component: WelcomeScreen });
const signInRoute = createRoute({ getParentRoute: () => entryRoute, path: "sign-in", component: lazyRouteComponent(() => import("@supportcarr/phone-app/entry/SignInScreen"), "SignInScreen") });
const signUpRoute = createRoute({ getParentRoute: () => entryRoute, path: "sign-up", component: lazyRouteComponent(() => import("@supportcarr/phone-app/entry/SignUpScreen"), "SignUpScreen") });
const resetRoute = createRoute({ getParentRoute: () => rootRoute, path: "reset", component: lazyRouteComponent(() => import("@supportcarr/phone-app/entry/ResetScreen"), "ResetScreen") });
const helpRoute = createRoute({ getParentRoute: () => rootRoute, path: "help", component: lazyRouteComponent(() => import("../features/help/HelpScreen.tsx"), "HelpScreen") });
const termsRoute = createRoute({ getParentRoute: () => rootRoute, path: "terms", component: lazyRouteComponent(() => import("../features/legal/LegalScreen.tsx"), "TermsScreen") });
const privacyNoticeRoute = createRoute({ getParentRoute: () => rootRoute, path: "privacy", component: lazyRouteComponent(() => import("../features/legal/LegalScreen.tsx"), "PrivacyNoticeScreen") });

// --- with a session -------------------------------------------------------------------------

const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "signed-in",
  component: SignedInLayout,
  beforeLoad: () => {
    if (!hasSession()) redirect({ to: "/welcome", throw: true });
  },
});
const verifyRoute = createRoute({ getParentRoute: () => signedInRoute, path: "verify", component: lazyRouteComponent(() => import("../features/entry/VerifyScreen.tsx"), "VerifyScreen") });

const tabsRoute = createRoute({ getParentRoute: () => signedInRoute, id: "tabs", component: TabLayout });
const homeRoute = createRoute({ getParentRoute: () => tabsRoute, path: "/", component: HomeScreen });
const historyRoute = createRoute({ getParentRoute: () => tabsRoute, path: "rescues", component: lazyRouteComponent(() => import("../features/history/HistoryScreen.tsx"), "HistoryScreen") });
const inboxRoute = createRoute({ getParentRoute: () => tabsRoute, path: "inbox", component: lazyRouteComponent(() => import("@supportcarr/phone-app/inbox/InboxScreen"), "InboxScreen") });
const accountRoute = createRoute({ getParentRoute: () => tabsRoute, path: "me", component: lazyRouteComponent(() => import("../features/account/AccountScreen.tsx"), "AccountScreen") });

const requestRoute = createRoute({ getParentRoute: () => signedInRoute, path: "request/$step", component: lazyRouteComponent(() => import("../features/request/RequestScreen.tsx"), "RequestScreen") });

const rescueRoute = createRoute({ getParentRoute: () => signedInRoute, path: "rescues/$rescueId", component: lazyRouteComponent(() => import("../features/live-rescue/LiveScreen.tsx"), "LiveScreen") });
const chatRoute = createRoute({ getParentRoute: () => signedInRoute, path: "rescues/$rescueId/chat", component: lazyRouteComponent(() => import("../features/chat/ChatScreen.tsx"), "ChatScreen") });
const photosRoute = createRoute({ getParentRoute: () => signedInRoute, path: "rescues/$rescueId/photos", component: lazyRouteComponent(() => import("../features/photos/PhotosScreen.tsx"), "PhotosScreen") });
const receiptRoute = createRoute({ getParentRoute: () => signedInRoute, path: "rescues/$rescueId/receipt", component: lazyRouteComponent(() => import("../features/receipt/ReceiptScreen.tsx"), "ReceiptScreen") });
const ratingRoute = createRoute({ getParentRoute: () => signedInRoute, path: "rescues/$rescueId/rating", component: lazyRouteComponent(() => import("../features/rating/RatingScreen.tsx"), "RatingScreen") });

const placesRoute = createRoute({ getParentRoute: () => signedInRoute, path: "places", component: lazyRouteComponent(() => import("../features/places/PlacesScreen.tsx"), "PlacesScreen") });
const bikesRoute = createRoute({ getParentRoute: () => signedInRoute, path: "bikes", component: lazyRouteComponent(() => import("../features/bikes/BikesScreen.tsx"), "BikesScreen") });
const cardsRoute = createRoute({ getParentRoute: () => signedInRoute, path: "cards", component: lazyRouteComponent(() => import("../features/cards/CardsScreen.tsx"), "CardsScreen") });
const preferencesRoute = createRoute({ getParentRoute: () => signedInRoute, path: "me/preferences", component: lazyRouteComponent(() => import("@supportcarr/phone-app/account/PreferencesScreen"), "PreferencesScreen") });
const profileRoute = createRoute({ getParentRoute: () => signedInRoute, path: "me/profile", component: lazyRouteComponent(() => import("@supportcarr/phone-app/account/ProfileScreen"), "ProfileScreen") });
const securityRoute = createRoute({ getParentRoute: () => signedInRoute, path: "me/security", component: lazyRouteComponent(() => import("@supportcarr/phone-app/account/SecurityScreen"), "SecurityScreen") });
const privacyRoute = createRoute({ getParentRoute: () => signedInRoute, path: "me/privacy", component: lazyRouteComponent(() => import("@supportcarr/phone-app/account/PrivacyScreen"), "PrivacyScreen") });
const drivingRoute = createRoute({ getParentRoute: () => signedInRoute, path: "me/driving", component: lazyRouteComponent(() => import("../features/account/DrivingScreen.tsx"), "DrivingScreen") });

const routeTree = rootRoute.addChildren([
  entryRoute.addChildren([welcomeRoute, signInRoute, signUpRoute]),
  resetRoute,
  helpRoute,
  termsRoute,
  privacyNoticeRoute,
  signedInRoute.addChildren([
    verifyRoute,
    tabsRoute.addChildren([homeRoute, historyRoute, inboxRoute, accountRoute]),
    requestRoute,
    rescueRoute,
    chatRoute,
    photosRoute,
    receiptRoute,
    ratingRoute,
    placesRoute,
    bikesRoute,
    cardsRoute,
    preferencesRoute,
    profileRoute,
    securityRoute,
    privacyRoute,
    drivingRoute,
  ]),
]);

export const createAppRouter = (history?: RouterHistory) =>
  createRouter({ routeTree, basepath: "/", defaultPendingComponent: PendingScreen, defaultPreload: "intent", defaultOnCatch: report, ...(history ? { history } : {}) });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
