import { useTranslations } from "use-intl";

/** Names what an application lacks, for example `documents.licence`. */
export function useMissing(): (what: string) => string {
  const text = useTranslations("application.missingNames");
  return (what) => {
    const key = what.replace(".", "_");
    return text.has(key as never) ? text(key as never) : what;
  };
}
