import { TabLayout as SharedTabLayout } from "@supportcarr/phone-app/shell/TabLayout";
import { History, House } from "lucide-react";
import { useTranslations } from "use-intl";

export function TabLayout() {
  const text = useTranslations("tabs");
  return (
    <SharedTabLayout
      tabs={[
        { to: "/", label: text("home"), icon: <House aria-hidden="true" className="size-6" /> },
        { to: "/rescues", label: text("rescues"), icon: <History aria-hidden="true" className="size-6" /> },
      ]}
    />
  );
}
