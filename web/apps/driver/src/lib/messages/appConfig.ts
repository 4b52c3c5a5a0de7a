import type { AppMessages } from "./en.ts";

// The keys of all texts are checked by the compiler.
declare module "use-intl" {
  interface AppConfig {
    Messages: AppMessages;
  }
}
