import { ImageViewer } from "@supportcarr/ui/image/ImageViewer";
import { type ReactNode, useState } from "react";

import type { ReviewDocument } from "../../../lib/api/types.ts";
import { describeCode, texts } from "../../../lib/texts.ts";

const text = texts.review;

interface DocumentPictureProps {
  document: ReviewDocument;
  /** Whose it is. */
  name: string;
  shortcuts: boolean;
  /** A picture could not be loaded: its link has probably ended. */
  onFailed: () => void;
}

const FRAME = "h-80 lg:h-[clamp(22rem,calc(100svh-23rem),44rem)]";

/** The pages of a document: pictures can be zoomed, moved and turned, a PDF is opened beside the console. */
export function DocumentPicture({ document, name, shortcuts, onFailed }: DocumentPictureProps) {
  const [page, setPage] = useState(0);
  const { files } = document;
  const file = files[page] ?? files[0];
  const alt = text.pictureOf(describeCode(document.kind), name);
  const open = file?.url ? (
    <a href={file.url} target="_blank" rel="noreferrer" className="rounded-md px-2.5 py-1.5 text-(--muted) underline underline-offset-4 hover:text-(--text)">
      {file.content_type === "application/pdf" ? text.openPdf : text.openOriginal}
    </a>
  ) : null;
  return (
    <div className="min-w-0">
      {!file?.url ? (
        <Instead title={file ? (text.fileStates[file.state] ?? text.noFile) : text.noFile} />
      ) : file.content_type === "application/pdf" ? (
        <Instead title={text.isPdf}>{open}</Instead>
      ) : (
        <ImageViewer key={file.id} src={file.url} alt={alt} texts={texts.viewer} shortcuts={shortcuts} actions={open} onFailed={onFailed} className={FRAME} />
      )}
      {files.length > 1 ? (
        <div role="group" aria-label={text.pages} className="mt-2 flex flex-wrap gap-2">
          {files.map(({ id, thumbnail_url }, index) => (
            <button
              key={id}
              type="button"
              aria-label={text.page(index + 1)}
              aria-pressed={index === page}
              onClick={() => setPage(index)}
              className="size-16 overflow-hidden rounded-lg border-2 border-(--border) aria-pressed:border-(--accent)"
            >
              {thumbnail_url ? <img src={thumbnail_url} alt="" className="size-full object-cover" /> : index + 1}
            </button>
          ))}
        </div>
      ) : null}
    </div>
  );
}

function Instead({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={`grid place-items-center rounded-xl border border-(--border) bg-(--surface) p-6 text-center text-sm ${FRAME}`}>
      <div className="space-y-3">
        <p>{title}</p>
        {children}
      </div>
    </div>
  );
}
