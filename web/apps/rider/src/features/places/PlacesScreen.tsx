import { EmptyState } from "@supportcarr/ui/EmptyState";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { MapPin, Pencil, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { removePlace, ridingQueries } from "../../lib/api/riding.ts";
import type { SavedPlace } from "../../lib/api/types.ts";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { Screen } from "@supportcarr/phone-app/Screen";
import { AlertDialog } from "@supportcarr/ui/AlertDialog";
import { Button } from "@supportcarr/ui/Button";
import { IconButton } from "@supportcarr/ui/IconButton";
import { ListRow } from "@supportcarr/ui/ListRow";
import { useSend } from "@supportcarr/phone-app/useSend";
import { PlaceEditor } from "./PlaceEditor.tsx";

type Open = { kind: "add" } | { kind: "edit" | "remove"; place: SavedPlace };

/** Places to which the rider is often taken. */
export function PlacesScreen() {
  const text = useTranslations("places");
  const common = useTranslations("common");
  const places = useQuery(ridingQueries.places());
  const queryClient = useQueryClient();
  const [open, setOpen] = useState<Open | null>(null);
  const { busy, send } = useSend();
  const close = () => setOpen(null);
  const changed = async () => {
    await queryClient.invalidateQueries({ queryKey: ridingQueries.places().queryKey });
    close();
  };
  if (open?.kind === "add") return <PlaceEditor onClose={close} onSaved={changed} />;
  if (open?.kind === "edit") return <PlaceEditor place={open.place} onClose={close} onSaved={changed} />;
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
      <Loaded query={places}>
        {(items) =>
          items.length === 0 ? (
            <EmptyState icon={<MapPin />} title={text("none")}>{text("noneHelp")}</EmptyState>
          ) : (
            <ul className="divide-y divide-(--border)">
              {items.map((place) => (
                <li key={place.id} aria-label={place.name}>
                  <ListRow
                    icon={<MapPin aria-hidden="true" className="size-5" />}
                    title={place.name}
                    detail={place.address}
                    end={
                      <span className="flex">
                        <IconButton label={text("edit", { name: place.name })} icon={<Pencil aria-hidden="true" className="size-5" />} onClick={() => setOpen({ kind: "edit", place })} />
                        <IconButton label={text("remove", { name: place.name })} icon={<Trash2 aria-hidden="true" className="size-5" />} onClick={() => setOpen({ kind: "remove", place })} />
                      </span>
                    }
                  />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {open?.kind === "remove" ? (
        <AlertDialog
          title={text("removeTitle", { name: open.place.name })}
          confirm={common("remove")}
          cancel={common("keep")}
          danger
          busy={busy}
          onConfirm={() => void send(() => removePlace(open.place.id), { done: text("removed"), onDone: changed })}
          onCancel={close}
        />
      ) : null}
    </Screen>
  );
}
