/** The libraries without an inline worker; their types are those of the packages. */
declare module "maplibre-gl/dist/maplibre-gl-csp.js" {
  export * from "maplibre-gl";
}
declare module "mapbox-gl/dist/mapbox-gl-csp.js" {
  const library: import("./mapLibrary.ts").MapboxLibrary;
  export default library;
}
