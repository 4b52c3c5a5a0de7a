import { WelcomeScreen as SharedWelcomeScreen } from "@supportcarr/phone-app/entry/WelcomeScreen";
import { useTranslations } from "use-intl";

/** What driving is about. */
export function WelcomeScreen() {
  const text = useTranslations("welcome");
  return <SharedWelcomeScreen steps={(["apply", "online", "earn"] as const).map((step) => text(`steps.${step}`))} otherApp={{ href: "/", label: text("ride") }} />;
}
