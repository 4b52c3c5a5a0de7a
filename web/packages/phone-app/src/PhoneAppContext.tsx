import { createContext, useContext } from "react";

import type { PhoneApp } from "./createPhoneApp.ts";

/** Which app the shared screens are shown in; provided around its router. */
export const PhoneAppContext = createContext<PhoneApp | null>(null);

export function usePhoneApp(): PhoneApp {
  const app = useContext(PhoneAppContext);
  if (!app) throw new Error("this screen is shown outside of PhoneAppContext");
  return app;
}
