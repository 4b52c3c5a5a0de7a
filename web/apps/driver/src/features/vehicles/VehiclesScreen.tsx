import { useLanguage } from "@supportcarr/i18n/useLanguage";
import { vehicleName } from "@supportcarr/i18n/vehicleName";
import { EmptyState } from "@supportcarr/ui/EmptyState";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Truck } from "lucide-react";
import { useTranslations } from "use-intl";

import { drivingQueries } from "../../lib/api/driving.ts";
import { LinkRow } from "@supportcarr/phone-app/LinkRow";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { Screen } from "@supportcarr/phone-app/Screen";

const capitalized = (name: string): string => name.charAt(0).toLocaleUpperCase() + name.slice(1);

/** The vehicles that the driver may drive with. */
export function VehiclesScreen() {
  const text = useTranslations("vehicles");
  const { language } = useLanguage();
  const vehicles = useQuery(drivingQueries.vehicles());
  return (
    <Screen
      title={text("title")}
      back={{ to: "/account" }}
      footer={
        <Link to="/vehicles/$vehicleId" params={{ vehicleId: "new" }} className="flex min-h-13 items-center justify-center rounded-xl bg-(--accent) px-5 text-lg font-semibold text-(--on-accent) hover:bg-(--accent-hover)">
          {text("add")}
        </Link>
      }
    >
      <Loaded query={vehicles}>
        {(items) =>
          items.length === 0 ? (
            <EmptyState icon={<Truck />} title={text("none")}>{text("noneHelp")}</EmptyState>
          ) : (
            <ul className="divide-y divide-(--border)">
              {items.map(({ id, type, colour, make, model, plate, capacity, in_use }) => (
                <li key={id}>
                  <LinkRow
                    to="/vehicles/$vehicleId"
                    params={{ vehicleId: id }}
                    icon={<Truck className="size-6" />}
                    title={capitalized(vehicleName({ colour, make, model }, language))}
                    detail={[plate, text(`types.${type}`), text("carries", { count: capacity }), in_use ? text("inUse") : null].filter(Boolean).join(" · ")}
                  />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Screen>
  );
}
