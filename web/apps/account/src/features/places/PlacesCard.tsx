import { Button } from "@supportcarr/ui/Button";
import { Card } from "@supportcarr/ui/Card";
import { EmptyState } from "@supportcarr/ui/EmptyState";
import { FormDialog } from "@supportcarr/ui/form/FormDialog";
import { QueryState } from "@supportcarr/ui/QueryState";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { removePlace, ridingQueries } from "../../lib/api/riding.ts";
import type { SavedPlace } from "../../lib/api/types.ts";
import { texts } from "../../lib/texts.ts";
import { PlaceDialog } from "./PlaceDialog.tsx";

const text = texts.places;

type OpenDialog = { kind: "add" } | { kind: "edit" | "remove"; place: SavedPlace };

/** Places that the person is often taken to. */
export function PlacesCard() {
  const places = useQuery(ridingQueries.places());
  const queryClient = useQueryClient();
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const close = () => setDialog(null);
  const changed = async () => {
    await queryClient.invalidateQueries({ queryKey: ridingQueries.places().queryKey });
    close();
  };
  const add = <Button onClick={() => setDialog({ kind: "add" })}>{text.add}</Button>;
  return (
    <Card title={text.title} about={text.about}>
      <QueryState query={places}>
        {(items) =>
          items.length === 0 ? (
            <EmptyState title={text.none} action={add}>
              {text.noneHelp}
            </EmptyState>
          ) : (
            <>
              <ul className="mb-4 divide-y divide-(--border) border-y border-(--border)">
                {items.map((place) => (
                  <li key={place.id} aria-label={place.name} className="flex flex-wrap items-center gap-3 py-3">
                    <div className="min-w-40 flex-1">
                      <p className="text-sm font-medium wrap-anywhere">{place.name}</p>
                      <p className="mt-0.5 text-xs text-(--muted)">{place.address || text.coordinates(place.lat, place.lng)}</p>
                    </div>
                    <div className="flex gap-1">
                      <Button variant="ghost" className="text-sm" aria-label={text.editPlace(place.name)} onClick={() => setDialog({ kind: "edit", place })}>
                        {texts.edit}
                      </Button>
                      <Button variant="ghost" className="text-sm" aria-label={text.removePlace(place.name)} onClick={() => setDialog({ kind: "remove", place })}>
                        {texts.remove}
                      </Button>
                    </div>
                  </li>
                ))}
              </ul>
              {add}
            </>
          )
        }
      </QueryState>
      {dialog?.kind === "add" ? <PlaceDialog onClose={close} onSaved={changed} /> : null}
      {dialog?.kind === "edit" ? <PlaceDialog place={dialog.place} onClose={close} onSaved={changed} /> : null}
      {dialog?.kind === "remove" ? (
        <FormDialog
          title={text.removeTitle(dialog.place.name)}
          submit={text.remove}
          pending={text.removing}
          tone="danger"
          onSubmit={async () => {
            await removePlace(dialog.place.id);
            await changed();
          }}
          onClose={close}
        />
      ) : null}
    </Card>
  );
}
