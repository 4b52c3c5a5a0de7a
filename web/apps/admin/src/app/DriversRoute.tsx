import { useNavigate, useSearch } from "@tanstack/react-router";

import { DriverList } from "../features/drivers/DriverList.tsx";
import { texts } from "../lib/texts.ts";
import { OfficePage } from "./OfficePage.tsx";

export function DriversRoute() {
  const { show, q } = useSearch({ from: "/office/drivers" });
  const navigate = useNavigate();
  return (
    <OfficePage title={texts.drivers.title} about={texts.drivers.about}>
      <DriverList search={{ show, q }} onSearch={(search) => void navigate({ to: "/drivers", search })} />
    </OfficePage>
  );
}
