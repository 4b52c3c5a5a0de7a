import { type StoredFile, uploadFile, type UploadOptions, type UploadPurpose } from "@supportcarr/client/uploads";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { http } from "../session.ts";
import type {
  Availability,
  AvailabilityWish,
  DaySummary,
  DocumentForm,
  DocumentKind,
  DriverApplication,
  DriverDocument,
  DriverStatement,
  Earning,
  OwnRatings,
  Page,
  Shift,
  Vehicle,
  VehicleForm,
} from "./types.ts";

const PAGE = 50;
const RECHECK_MS = 30_000;
const CHECKING_MS = 2_000; // a photo is checked within seconds

const get = async <T>(path: string, params?: object) => (await http.get<T>(path, params ? { params } : {})).data;

export const drivingQueries = {
  all: () => ["driving"] as const,

  application: () =>
    queryOptions({
      queryKey: [...drivingQueries.all(), "application"],
      queryFn: () => get<DriverApplication>("/me/driver-application"),
      refetchInterval: ({ state }) => {
        if (state.data?.documents.some(({ files }) => files.some((file) => file.state === "processing"))) return CHECKING_MS;
        return state.data?.state === "approved" ? false : RECHECK_MS;
      },
    }),

  vehicles: () => queryOptions({ queryKey: [...drivingQueries.all(), "vehicles"], queryFn: async () => (await get<Page<Vehicle>>("/me/vehicles")).items }),

  /** The city's day so far: whether the driver is online, hours and earnings. */
  today: () => queryOptions({ queryKey: [...drivingQueries.all(), "today"], queryFn: () => get<DaySummary>("/me/shifts/today"), refetchInterval: RECHECK_MS }),

  shifts: () =>
    infiniteQueryOptions({
      queryKey: [...drivingQueries.all(), "shifts"],
      queryFn: ({ pageParam }) => get<Page<Shift>>("/me/shifts", { limit: 20, cursor: pageParam }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_cursor ?? undefined,
    }),

  earnings: () =>
    infiniteQueryOptions({
      queryKey: [...drivingQueries.all(), "earnings"],
      queryFn: ({ pageParam }) => get<Page<Earning>>("/me/earnings", { limit: PAGE, cursor: pageParam }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_cursor ?? undefined,
    }),

  ratings: () => queryOptions({ queryKey: [...drivingQueries.all(), "ratings"], queryFn: () => get<OwnRatings>("/me/ratings", { role: "driver" }) }),
};

export const saveStatement = async (statement: DriverStatement) => (await http.put<DriverApplication>("/me/driver-application", statement)).data;

export const submitApplication = async () => (await http.post<DriverApplication>("/me/driver-application/submission")).data;

/** Sends a document for review; its files have been uploaded before. */
export const sendDocument = async (kind: DocumentKind, document: DocumentForm) => (await http.put<DriverDocument>(`/me/driver-documents/${kind}`, document)).data;

/** What a file of that kind is uploaded as. */
export const purposeOf = (kind: DocumentKind): UploadPurpose => (kind === "vehicle_photo" || kind === "profile_photo" ? kind : "driver_document");

export const uploadDocument = (kind: DocumentKind, file: File, options: UploadOptions): Promise<StoredFile> => uploadFile(http, purposeOf(kind), file, options);

/** Adds a vehicle, or describes the one with that id anew. */
export const saveVehicle = async (vehicle: VehicleForm, id?: string) =>
  (id ? await http.patch<Vehicle>(`/me/vehicles/${encodeURIComponent(id)}`, vehicle) : await http.post<Vehicle>("/me/vehicles", vehicle)).data;

export const removeVehicle = async (id: string): Promise<void> => {
  await http.delete(`/me/vehicles/${encodeURIComponent(id)}`);
};

export const setAvailability = async (wish: AvailabilityWish) => (await http.put<Availability>("/me/availability", wish)).data;

