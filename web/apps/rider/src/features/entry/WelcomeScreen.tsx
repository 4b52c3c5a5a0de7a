import { WelcomeScreen as SharedWelcomeScreen } from "@supportcarr/phone-app/entry/WelcomeScreen";
import { useTranslations } from "use-intl";

/** What SupportCarr does. */
export function WelcomeScreen() {
  const text = useTranslations("welcome");
  return <SharedWelcomeScreen steps={(["where", "price", "home"] as const).map((step) => text(`steps.${step}`))} otherApp={{ href: "/driver/", label: text("drive") }} />;
}
