import type { components } from "@supportcarr/client/api";

type Schemas = components["schemas"];

export type AccountChange = Schemas["ChangeAccount"];
export type Message = Schemas["MessageView"];
export type Notification = Schemas["NotificationView"];
export type Photo = Schemas["PhotoView"];
export type PhotoStage = Photo["stage"];

export interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}
