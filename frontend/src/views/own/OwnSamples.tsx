import { ActionIcon, Progress } from "@mantine/core";
import { useEffect, useEffectEvent, useState, type ReactElement } from "react";

import { Cross } from "../../controls/icons";
import { changePage, useBrowse } from "../../state/services";
import type { Upload } from "../../state/uploads";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { ErrorNote } from "../ErrorNote";
import { useShown, useSubject } from "../workspace";
import classes from "./own.module.css";
import { dismissUpload, useBringImages, useUploading, useUploads } from "./uploads";

/** Takes what is dropped or pasted anywhere, and shows what is on its way, was refused, or is gone. */
export function OwnSamples(): ReactElement {
  const { explorer } = useSubject();
  const uploads = useUploads().filter((upload) => upload.explorer === explorer.id);
  return (
    <>
      <DropZone />
      <Gone />
      {uploads.length > 0 && (
        <div className={classes.uploads}>
          {uploads.map((upload) => (
            <UploadLine key={upload.id} upload={upload} />
          ))}
        </div>
      )}
    </>
  );
}

const FILES = "Files";
const ADDRESSES = "text/uri-list";

function DropZone(): ReactElement | null {
  const text = useText();
  const uploading = useUploading();
  const over = useDrops(useBringImages());
  if (!over) return null;
  return (
    <div
      className={classes.drop}
      data-testid={TESTID.dropZone}
      data-off={uploading?.takesImages === false}
      role="status"
    >
      <div className={classes.dropWords}>
        <strong>{uploading?.takesImages === false ? text.own.off.image : text.own.drop}</strong>
        {uploading?.takesImages && <span>{text.own.dropHint(formatBytes(uploading.mostBytes))}</span>}
      </div>
    </div>
  );
}

/** Whether something that could be an image is being dragged over the page. */
function useDrops(bring: (files: readonly File[]) => void): boolean {
  const [over, setOver] = useState(false);
  const onDrag = useEffectEvent((event: DragEvent) => {
    const types = event.dataTransfer?.types ?? [];
    if (!types.includes(FILES) && !types.includes(ADDRESSES)) return;
    event.preventDefault();
    setOver(true);
  });
  const onLeave = useEffectEvent((event: DragEvent) => {
    if (event.relatedTarget === null) setOver(false);
  });
  const onDrop = useEffectEvent((event: DragEvent) => {
    const types = event.dataTransfer?.types ?? [];
    if (!types.includes(FILES) && !types.includes(ADDRESSES)) return;
    // Else the browser would leave the page for the file.
    event.preventDefault();
    setOver(false);
    bring([...(event.dataTransfer?.files ?? [])]);
  });
  const onPaste = useEffectEvent((event: ClipboardEvent) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    bring(files);
  });
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    window.addEventListener("dragenter", (event) => onDrag(event), { signal });
    window.addEventListener("dragover", (event) => onDrag(event), { signal });
    window.addEventListener("dragleave", (event) => onLeave(event), { signal });
    window.addEventListener("drop", (event) => onDrop(event), { signal });
    window.addEventListener("paste", (event) => onPaste(event), { signal });
    return () => stop.abort();
  }, []);
  return over;
}

function UploadLine({ upload }: { upload: Upload }): ReactElement {
  const text = useText();
  const { id, name, sent, error } = upload;
  const words = sent < 1 ? text.own.uploading(name) : text.own.making(name);
  return (
    <div className={classes.upload} data-testid={TESTID.upload}>
      {error ? (
        <ErrorNote compact {...(name !== "" && { title: text.own.failed(name) })} error={error} />
      ) : (
        <div className={classes.sending} role="status">
          <span>{words}</span>
          <Progress value={100 * sent} size="sm" color="violet" aria-label={words} />
        </div>
      )}
      <Dismiss label={error ? text.own.dismiss : text.own.stop} onClick={() => dismissUpload(id)} />
    </div>
  );
}

/** Samples of the address that this session cannot see. */
function Gone(): ReactElement | null {
  const text = useText();
  const { own } = useBrowse();
  const { samples } = useShown();
  const { gone } = samples;
  if (gone.length === 0) return null;
  const forget = (): void => changePage({ browse: { own: own.filter((index) => !gone.includes(index)) } });
  return (
    <div className={classes.gone} role="status" data-testid={TESTID.ownGone}>
      <span>{text.own.gone(gone.length)}</span>
      <Dismiss label={text.own.dismiss} onClick={forget} />
    </div>
  );
}

function Dismiss({ label, onClick }: { label: string; onClick: () => void }): ReactElement {
  return (
    <ActionIcon variant="subtle" color="gray" size="sm" aria-label={label} onClick={onClick}>
      <Cross />
    </ActionIcon>
  );
}

function formatBytes(bytes: number): string {
  return bytes >= 1 << 20 ? `${Math.round(bytes / (1 << 20))} MiB` : `${Math.round(bytes / 1024)} KiB`;
}
