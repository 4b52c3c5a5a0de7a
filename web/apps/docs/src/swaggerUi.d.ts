/** The part of the bundle that is used; the package has no types. */
declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  export interface SwaggerUIOptions {
    dom_id: string;
    url: string;
    validatorUrl: null;
    deepLinking: boolean;
    filter: boolean;
    docExpansion: "list" | "full" | "none";
    defaultModelsExpandDepth: number;
    defaultModelExpandDepth: number;
    displayRequestDuration: boolean;
    persistAuthorization: boolean;
    requestSnippetsEnabled: boolean;
    onComplete: () => void;
  }
  const SwaggerUIBundle: (options: SwaggerUIOptions) => unknown;
  export default SwaggerUIBundle;
}
