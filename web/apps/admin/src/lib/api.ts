import type { components } from "@supportcarr/client/src/api.d.ts";

import { http } from "./session.ts";
import { ENDED } from "./status.ts";

export type Overview = components["schemas"]["Overview"];
export type RescueRow = components["schemas"]["RescueRow"];
export type MapView = components["schemas"]["MapView"];
export type DriverPoint = components["schemas"]["DriverPoint"];
export type ClockReading = components["schemas"]["ClockReading"];
export type TimelineEntry = components["schemas"]["TimelineView"];
export type OfferView = components["schemas"]["OfferOut"];

export type RescueFile = components["schemas"]["RescueFileView"];

export const getOverview = async (area: string): Promise<Overview> =>
  (await http.get<Overview>("/admin/overview", { params: { area } })).data;

export const getMap = async (area: string): Promise<MapView> =>
  (await http.get<MapView>("/admin/map", { params: { area } })).data;

export const getRescue = async (id: string): Promise<RescueFile> =>
  (await http.get<RescueFile>(`/admin/rescues/${id}`)).data;

export const getEnded = async (area: string): Promise<RescueRow[]> =>
  (
    await http.get<{ items: RescueRow[] }>("/admin/rescues", {
      params: { area, status: ENDED.join(","), limit: 50 },
    })
  ).data.items;

export const getClock = async (): Promise<ClockReading> => (await http.get<ClockReading>("/clock")).data;
