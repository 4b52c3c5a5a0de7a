import { useNavigate } from "@tanstack/react-router";

import { PartnerList } from "../features/partners/PartnerList.tsx";
import { texts } from "../lib/texts.ts";
import { OfficePage } from "./OfficePage.tsx";

export function PartnersRoute() {
  const navigate = useNavigate();
  return (
    <OfficePage title={texts.partners.title} about={texts.partners.about}>
      <PartnerList onCreated={({ id }) => void navigate({ to: "/partners/$partnerId", params: { partnerId: id } })} />
    </OfficePage>
  );
}
