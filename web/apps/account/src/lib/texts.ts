/**
 * All texts of the account page in one object; those of its forms are in `@supportcarr/ui/account/texts`.
 * ESLint rejects literal texts in components.
 */
export const texts = {
  product: "SupportCarr",
  loading: "Loading…",
  tryAgain: "Try again",
  loadFailed: "This could not be loaded.",

  crash: { title: "Something went wrong on this page.", help: "Reload the page to continue.", reload: "Reload" },

  signIn: {
    title: "Sign in",
    about: "To your SupportCarr account.",
    forgotten: "Forgotten your password?",
    noAccount: "New here?",
    signUp: "Create an account",
    endReason: {
      expired: "Your session has ended. Sign in again.",
      reused: "Your session was ended because it was used from two places at once. If that was not you, change your password.",
    },
  },

  signUp: {
    title: "Create an account",
    about: "It takes a minute, and a phone that receives text messages.",
    haveAccount: "Already have an account?",
    signIn: "Sign in",
  },

  reset: {
    title: "Reset your password",
    about: "With a code that we send to your phone.",
    backToSignIn: "Back to sign in",
  },

  messages: {
    passwordReset: "Your new password is set. Sign in with it.",
    deletionRequested: "Your account will be deleted. Sign in before then if you change your mind.",
    totpRemoved: "Your authenticator app has been removed. Sign in with your password.",
  },

  account: {
    title: "Your account",
    hello: (name: string) => `Hello, ${name}`,
    signOut: "Sign out",
    verified: "Number confirmed",
    unverified: "Number not confirmed",
  },

  verification: {
    title: "Confirm your number",
    about: "Until then you can look around, but not ask for a rescue, drive or pay.",
    done: "Your number is confirmed.",
  },

  data: {
    title: "Your data",
    about: "A copy of everything that we hold about you, as a ZIP file.",
    request: "Prepare a copy",
    requesting: "One moment…",
    preparing: "Your copy is being prepared. This takes up to a few minutes; you can leave this page.",
    ready: (until: string) => `Your copy is ready. It is kept until ${until}.`,
    download: "Download",
    failed: "The copy could not be made. Please try again.",
    expired: "The last copy has expired. Prepare a new one.",
  },

  deletion: {
    title: "Delete your account",
    about: "After some days, in which you can change your mind, everything that names you is destroyed. Receipts and books keep amounts without your name.",
    open: "Delete my account…",
    confirmTitle: "Delete your account?",
    confirmAbout: "You are signed out everywhere. What is under way has to be finished or cancelled first.",
    submit: "Delete my account",
    pending: "Deleting…",
    scheduled: (when: string) => `Your account will be deleted on ${when}.`,
    keep: "Keep my account",
    kept: "Your account stays.",
  },
};
