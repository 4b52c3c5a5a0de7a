import { Button } from "@supportcarr/ui/Button";
import { Card } from "@supportcarr/ui/Card";
import { EmptyState } from "@supportcarr/ui/EmptyState";
import { FormDialog } from "@supportcarr/ui/form/FormDialog";
import { QueryState } from "@supportcarr/ui/QueryState";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { drivingQueries, removeVehicle } from "../../lib/api/driving.ts";
import type { Vehicle } from "../../lib/api/types.ts";
import { texts } from "../../lib/texts.ts";
import { VehicleDialog } from "./VehicleDialog.tsx";

const text = texts.vehicles;

/** The vehicles that the driver may drive with. */
export function VehiclesCard() {
  const vehicles = useQuery(drivingQueries.vehicles());
  const queryClient = useQueryClient();
  const [dialog, setDialog] = useState<"add" | Vehicle | null>(null);
  const close = () => setDialog(null);
  const changed = async () => {
    await queryClient.invalidateQueries({ queryKey: drivingQueries.all() });
    close();
  };
  const add = <Button onClick={() => setDialog("add")}>{text.add}</Button>;
  return (
    <Card title={text.title} about={text.about}>
      <QueryState query={vehicles}>
        {(items) =>
          items.length === 0 ? (
            <EmptyState title={text.none} action={add}>
              {text.noneHelp}
            </EmptyState>
          ) : (
            <>
              <ul className="mb-4 divide-y divide-(--border) border-y border-(--border)">
                {items.map((vehicle) => (
                  <li key={vehicle.id} aria-label={vehicle.plate} className="flex flex-wrap items-center gap-3 py-3">
                    <div className="min-w-40 flex-1">
                      <p className="text-sm font-medium wrap-anywhere">
                        {vehicle.colour} {vehicle.make} {vehicle.model}
                      </p>
                      <p className="mt-0.5 text-xs text-(--muted)">{[text.types[vehicle.type], vehicle.plate, text.carries(vehicle.capacity)].join(" · ")}</p>
                    </div>
                    <Button variant="ghost" className="text-sm" aria-label={text.removeVehicle(vehicle.plate)} onClick={() => setDialog(vehicle)}>
                      {texts.remove}
                    </Button>
                  </li>
                ))}
              </ul>
              {add}
            </>
          )
        }
      </QueryState>
      {dialog === "add" ? <VehicleDialog onClose={close} onSaved={changed} /> : null}
      {dialog && dialog !== "add" ? (
        <FormDialog
          title={text.removeTitle(dialog.plate)}
          submit={text.remove}
          pending={text.removing}
          tone="danger"
          onSubmit={async () => {
            await removeVehicle(dialog.id);
            await changed();
          }}
          onClose={close}
        />
      ) : null}
    </Card>
  );
}
