import { uploadFile, type UploadOptions } from "@supportcarr/client/uploads";
import { queryOptions } from "@tanstack/react-query";

import { http } from "../session.ts";
import type { Bike, BikeForm, SavedPlace, SavedPlaceForm } from "./types.ts";

const pathOf = (collection: "bikes" | "places", id: string) => `/me/${collection}/${encodeURIComponent(id)}`;

const PROCESSING_POLL_MS = 2_000;

export const ridingQueries = {
  all: () => ["riding"] as const,
  bikes: () =>
    queryOptions({
      queryKey: [...ridingQueries.all(), "bikes"],
      queryFn: async () => (await http.get<{ items: Bike[] }>("/me/bikes")).data.items,
      // A photo is checked within seconds.
      refetchInterval: ({ state }) => (state.data?.some(({ photo }) => photo?.state === "processing") ? PROCESSING_POLL_MS : false),
    }),
  places: () => queryOptions({ queryKey: [...ridingQueries.all(), "places"], queryFn: async () => (await http.get<{ items: SavedPlace[] }>("/me/places")).data.items }),
};

/** Adds a bike or a place, or changes the one with that id. */
export const saveBike = async (bike: BikeForm, id?: string) => (id ? await http.patch<Bike>(pathOf("bikes", id), bike) : await http.post<Bike>("/me/bikes", bike)).data;
export const savePlace = async (place: SavedPlaceForm, id?: string) =>
  (id ? await http.patch<SavedPlace>(pathOf("places", id), place) : await http.post<SavedPlace>("/me/places", place)).data;

export const removeBike = async (id: string): Promise<void> => {
  await http.delete(pathOf("bikes", id));
};
export const removePlace = async (id: string): Promise<void> => {
  await http.delete(pathOf("places", id));
};

/** Uploads the photo of a bike; the bike has it once its id is saved with it. */
export const uploadBikePhoto = (file: File, options: UploadOptions) => uploadFile(http, "bike_photo", file, options);
