/** The library without an inline worker; its types are those of the package. */
declare module "maplibre-gl/dist/maplibre-gl-csp.js" {
  export * from "maplibre-gl";
}
