/** What bringing, keeping and removing an image of one's own does. */

import { useQueryClient } from "@tanstack/react-query";

import { errorBody } from "../../api/errors";
import { keys, useExplorers } from "../../api/queries";
import { uploadImage } from "../../api/upload";
import type { Sample, SampleFeature } from "../../api/types";
import { checkFile, withoutOwn, withOwn } from "../../state/own";
import { changePage, useBrowse } from "../../state/services";
import { useStore } from "../../state/store";
import { createUploadStore, type Upload } from "../../state/uploads";
import { useText } from "../../text";
import { useSubject } from "../workspace";

const uploads = createUploadStore(uploadImage);
export const dismissUpload = uploads.dismiss;

export const useUploads = (): readonly Upload[] => useStore(uploads, (all) => all);

export interface Uploading {
  /** Whether this server keeps samples of one's own. */
  readonly allowed: boolean;
  /** What can be brought whole: the model's only input, an image or a text. */
  readonly brings: "image" | "text" | null;
  /** Whether images are taken, and up to how many bytes. */
  readonly takesImages: boolean;
  readonly mostBytes: number;
}

/** Undefined while it is not known. */
export function useUploading(): Uploading | undefined {
  const { data } = useExplorers();
  const [only, ...others] = useSubject().description.features;
  const kind = others.length === 0 ? only?.kind : undefined;
  const brings = kind === "image" || kind === "text" ? kind : null;
  return (
    data && {
      allowed: data.uploads,
      brings,
      takesImages: data.uploads && brings === "image",
      mostBytes: data.max_upload_bytes,
    }
  );
}

/** The inputs of a sample that can be changed, where this server lets them be. */
export function useEditable(sample: Sample): readonly SampleFeature[] {
  const uploading = useUploading();
  const { features } = useSubject().description;
  if (uploading?.allowed !== true) return [];
  const typed = new Set(features.flatMap(({ name, form }) => (form ? [name] : [])));
  return sample.features.filter(({ kind, name }) => kind === "image" || typed.has(name));
}

/** Adds a sample that the server has just made, or takes one off the page. */
export function useOwnList(): { show: (sample: Sample) => void; hide: (index: number) => void } {
  const client = useQueryClient();
  const { explorer } = useSubject();
  const { own } = useBrowse();
  return {
    show: (sample) => {
      client.setQueryData(keys.own(explorer.id, sample.index), sample);
      changePage({ browse: { own: withOwn(own, sample.index) } });
    },
    hide: (index) => changePage({ browse: { own: withoutOwn(own, index) } }),
  };
}

export function useBringImages(): (files: readonly File[]) => void {
  const text = useText();
  const uploading = useUploading();
  const { explorer } = useSubject();
  const { own } = useBrowse();
  const client = useQueryClient();
  return (files) => {
    if (!uploading?.takesImages) return;
    if (files.length === 0) uploads.refuse(explorer.id, "", errorBody("no_file", text.own.errors.no_file));
    let list = own;
    for (const file of files) {
      const problem = checkFile(file, uploading.mostBytes);
      if (problem) {
        const message = text.own.errors[problem](file.name, file.size, uploading.mostBytes);
        uploads.refuse(explorer.id, file.name, { ...errorBody(problem, message), field: "file" });
        continue;
      }
      void uploads.start(explorer.id, file).then((sample) => {
        if (!sample) return;
        client.setQueryData(keys.own(explorer.id, sample.index), sample);
        list = withOwn(list, sample.index);
        changePage({ browse: { own: list } });
      });
    }
  };
}
