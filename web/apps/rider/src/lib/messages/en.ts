/** The English texts; the other languages have the same keys. */
export const messages = {
  signIn: { title: "Sign in" },
  home: { title: "Where are you?", signOut: "Sign out" },
};

export type AppMessages = typeof messages;
