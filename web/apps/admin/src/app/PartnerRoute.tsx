import { QueryState } from "@supportcarr/ui/QueryState";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";

import { PartnerKeys } from "../features/partners/PartnerKeys.tsx";
import { partnerQueries } from "../lib/api/partners.ts";
import { formatDate } from "../lib/format.ts";
import { texts } from "../lib/texts.ts";
import { BackLink } from "./BackLink.tsx";
import { OfficePage } from "./OfficePage.tsx";

const text = texts.partners;

export function PartnerRoute() {
  const { partnerId } = useParams({ from: "/office/partners/$partnerId" });
  const partner = useQuery(partnerQueries.detail(partnerId));
  const content = (
    <QueryState query={partner}>
      {(found) =>
        found ? (
          <OfficePage title={found.name} about={`${text.since(formatDate(found.created_at))} · ${found.id}`}>
            <PartnerKeys partner={found} />
          </OfficePage>
        ) : (
          <OfficePage title={text.notFound} about={partnerId} />
        )
      }
    </QueryState>
  );
  return (
    <div className="max-w-4xl">
      <BackLink to="/partners">{text.back}</BackLink>
      {partner.isSuccess ? content : <OfficePage title={text.partner}>{content}</OfficePage>}
    </div>
  );
}
