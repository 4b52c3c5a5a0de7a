import { TabLayout as SharedTabLayout } from "@supportcarr/phone-app/shell/TabLayout";
import { Truck, Wallet } from "lucide-react";
import { useTranslations } from "use-intl";

export function TabLayout() {
  const text = useTranslations("tabs");
  return (
    <SharedTabLayout
      tabs={[
        { to: "/", label: text("home"), icon: <Truck aria-hidden="true" className="size-6" /> },
        { to: "/earnings", label: text("earnings"), icon: <Wallet aria-hidden="true" className="size-6" /> },
      ]}
    />
  );
}
