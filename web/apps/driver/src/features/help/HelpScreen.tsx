import { HelpScreen as SharedHelpScreen } from "@supportcarr/phone-app/help/HelpScreen";
import { useWaitTexts } from "@supportcarr/phone-app/useWaits";
import { useTranslations } from "use-intl";

const QUESTIONS = ["offers", "signal", "noShow", "battery", "hours"] as const;

/** What drivers ask most. */
export function HelpScreen() {
  const text = useTranslations("help");
  const waits = useWaitTexts();
  return <SharedHelpScreen questions={QUESTIONS.map((name) => ({ question: text(`${name}.question`), answer: text(`${name}.answer`, waits) }))} />;
}
