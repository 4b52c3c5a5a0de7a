import { texts } from "../lib/texts.ts";
import { MessagePage } from "./MessagePage.tsx";

/** Shown in place of a page that threw while rendering. */
export function CrashPage() {
  return <MessagePage title={texts.page.crashed} help={texts.page.crashedHelp} action={texts.page.reload} onAction={() => location.reload()} />;
}
