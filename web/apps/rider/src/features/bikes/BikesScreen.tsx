import { Badge } from "@supportcarr/ui/Badge";
import { EmptyState } from "@supportcarr/ui/EmptyState";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Bike as BikeIcon, Pencil, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { removeBike, ridingQueries } from "../../lib/api/riding.ts";
import type { Bike } from "../../lib/api/types.ts";
import { BikeDialog } from "../../lib/bikes/BikeDialog.tsx";
import { BikePicture } from "../../lib/bikes/BikePicture.tsx";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { Screen } from "@supportcarr/phone-app/Screen";
import { AlertDialog } from "@supportcarr/ui/AlertDialog";
import { Button } from "@supportcarr/ui/Button";
import { IconButton } from "@supportcarr/ui/IconButton";
import { useSend } from "@supportcarr/phone-app/useSend";

type Open = { kind: "add" } | { kind: "edit" | "remove"; bike: Bike };

/** The rider's bikes: what a driver has to carry. */
export function BikesScreen() {
  const text = useTranslations("bikes");
  const common = useTranslations("common");
  const bikes = useQuery(ridingQueries.bikes());
  const queryClient = useQueryClient();
  const [open, setOpen] = useState<Open | null>(null);
  const { busy, send } = useSend();
  const close = () => setOpen(null);
  const changed = async () => {
    await queryClient.invalidateQueries({ queryKey: ridingQueries.bikes().queryKey });
    close();
  };
  return (
    <Screen
      title={text("title")}
      back={{ to: "/me" }}
      footer={
        <Button size="lg" block icon={<Plus aria-hidden="true" className="size-5" />} onClick={() => setOpen({ kind: "add" })}>
          {text("add")}
        </Button>
      }
    >
      <p className="mb-4 text-(--muted)">{text("about")}</p>
      <Loaded query={bikes}>
        {(items) =>
          items.length === 0 ? (
            <EmptyState icon={<BikeIcon />} title={text("none")}>{text("noneHelp")}</EmptyState>
          ) : (
            <ul className="divide-y divide-(--border)">
              {items.map((bike) => (
                <BikeRow key={bike.id} bike={bike} onEdit={() => setOpen({ kind: "edit", bike })} onRemove={() => setOpen({ kind: "remove", bike })} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {open?.kind === "add" ? <BikeDialog onClose={close} onSaved={changed} /> : null}
      {open?.kind === "edit" ? <BikeDialog bike={open.bike} onClose={close} onSaved={changed} /> : null}
      {open?.kind === "remove" ? (
        <AlertDialog
          title={text("removeTitle", { name: open.bike.name })}
          body={<p className="text-(--muted)">{text("removeAbout")}</p>}
          confirm={common("remove")}
          cancel={common("keep")}
          danger
          busy={busy}
          onConfirm={() => void send(() => removeBike(open.bike.id), { done: text("removed"), onDone: changed })}
          onCancel={close}
        />
      ) : null}
    </Screen>
  );
}

function BikeRow({ bike, onEdit, onRemove }: { bike: Bike; onEdit: () => void; onRemove: () => void }) {
  const text = useTranslations("bikes");
  const facts = [
    text(`types.${bike.type}`),
    [bike.make, bike.model].filter(Boolean).join(" "),
    bike.weight_kg ? text("weighs", { kg: bike.weight_kg }) : "",
    bike.battery_wh ? text("battery", { wh: bike.battery_wh }) : "",
    bike.battery_removable ? text("removableShort") : "",
  ].filter(Boolean);
  return (
    <li aria-label={bike.name} className="flex items-center gap-3 py-3">
      <BikePicture bike={bike} />
      <div className="min-w-0 flex-1">
        <p className="font-medium wrap-anywhere">{bike.name}</p>
        <p className="text-sm text-(--muted)">{facts.join(" · ")}</p>
        {bike.photo?.state === "processing" ? <Badge tone="neutral">{text("photoChecking")}</Badge> : null}
        {bike.photo?.state === "refused" ? <Badge tone="danger">{text("photoRefusedShort")}</Badge> : null}
      </div>
      <IconButton label={text("edit", { name: bike.name })} icon={<Pencil aria-hidden="true" className="size-5" />} onClick={onEdit} />
      <IconButton label={text("remove", { name: bike.name })} icon={<Trash2 aria-hidden="true" className="size-5" />} onClick={onRemove} />
    </li>
  );
}
