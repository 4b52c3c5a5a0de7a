import { Badge } from "@supportcarr/ui/Badge";
import { Button } from "@supportcarr/ui/Button";
import { Card } from "@supportcarr/ui/Card";
import { EmptyState } from "@supportcarr/ui/EmptyState";
import { FormDialog } from "@supportcarr/ui/form/FormDialog";
import { QueryState } from "@supportcarr/ui/QueryState";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { removeBike, ridingQueries } from "../../lib/api/riding.ts";
import type { Bike } from "../../lib/api/types.ts";
import { texts } from "../../lib/texts.ts";
import { BikeDialog } from "./BikeDialog.tsx";

const text = texts.bikes;

type OpenDialog = { kind: "add" } | { kind: "edit" | "remove"; bike: Bike };

/** The person's bikes: what a driver has to carry. */
export function BikesCard() {
  const bikes = useQuery(ridingQueries.bikes());
  const queryClient = useQueryClient();
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const close = () => setDialog(null);
  const changed = async () => {
    await queryClient.invalidateQueries({ queryKey: ridingQueries.bikes().queryKey });
    close();
  };
  const add = <Button onClick={() => setDialog({ kind: "add" })}>{text.add}</Button>;
  return (
    <Card title={text.title} about={text.about}>
      <QueryState query={bikes}>
        {(items) =>
          items.length === 0 ? (
            <EmptyState title={text.none} action={add}>
              {text.noneHelp}
            </EmptyState>
          ) : (
            <>
              <ul className="mb-4 divide-y divide-(--border) border-y border-(--border)">
                {items.map((bike) => (
                  <BikeRow key={bike.id} bike={bike} onEdit={() => setDialog({ kind: "edit", bike })} onRemove={() => setDialog({ kind: "remove", bike })} />
                ))}
              </ul>
              {add}
            </>
          )
        }
      </QueryState>
      {dialog?.kind === "add" ? <BikeDialog onClose={close} onSaved={changed} /> : null}
      {dialog?.kind === "edit" ? <BikeDialog bike={dialog.bike} onClose={close} onSaved={changed} /> : null}
      {dialog?.kind === "remove" ? (
        <FormDialog
          title={text.removeTitle(dialog.bike.name)}
          about={text.removeAbout}
          submit={text.remove}
          pending={text.removing}
          tone="danger"
          onSubmit={async () => {
            await removeBike(dialog.bike.id);
            await changed();
          }}
          onClose={close}
        />
      ) : null}
    </Card>
  );
}

function BikeRow({ bike, onEdit, onRemove }: { bike: Bike; onEdit: () => void; onRemove: () => void }) {
  const facts = [
    [bike.make, bike.model].filter(Boolean).join(" "),
    bike.weight_kg ? text.weighs(bike.weight_kg) : "",
    bike.battery_wh ? text.battery(bike.battery_wh) : "",
  ].filter(Boolean);
  return (
    <li aria-label={bike.name} className="flex flex-wrap items-center gap-3 py-3">
      {bike.photo?.thumbnail_url ? <img src={bike.photo.thumbnail_url} alt={text.photoOf(bike.name)} className="size-14 rounded-lg border border-(--border) object-cover" /> : null}
      <div className="min-w-40 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm font-medium">
          <span className="wrap-anywhere">{bike.name}</span>
          {bike.battery_removable ? <Badge tone="info">{text.removableShort}</Badge> : null}
          {bike.photo?.state === "processing" ? <Badge tone="neutral">{text.photoChecking}</Badge> : null}
          {bike.photo?.state === "refused" ? <Badge tone="danger">{text.photoRefusedShort}</Badge> : null}
        </p>
        <p className="mt-0.5 text-xs text-(--muted)">{[text.types[bike.type], ...facts].join(" · ")}</p>
      </div>
      <div className="flex gap-1">
        <Button variant="ghost" className="text-sm" aria-label={text.editBike(bike.name)} onClick={onEdit}>
          {texts.edit}
        </Button>
        <Button variant="ghost" className="text-sm" aria-label={text.removeBike(bike.name)} onClick={onRemove}>
          {texts.remove}
        </Button>
      </div>
    </li>
  );
}
