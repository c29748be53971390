/** What is predicted for an edit under way, and keeping it. */

import { useDebouncedValue } from "@mantine/hooks";
import { useMemo, useState } from "react";

import { toErrorBody } from "../../api/errors";
import { useEditPredictions } from "../../api/queries";
import { editSample } from "../../api/routes";
import type { Edit, EditDraft, EditPredictions, ErrorBody, Sample } from "../../api/types";
import { useOwnList } from "../own/uploads";
import { useSubject } from "../workspace";

/** Milliseconds of rest before an edit is predicted. */
const REST = 150;
const MOST_CLASSES = 20;

export interface Live {
  /** The newest answer. */
  readonly found: EditPredictions | null;
  /** Whether that is of an edit before. */
  readonly stale: boolean;
  readonly error: ErrorBody | null;
  readonly retry: () => void;
}

/** What is predicted for the edit as it is now, soon after it came to rest. An edit must stay the same while it is. */
export function useLive(sample: Sample, edit: Edit | null): Live {
  const { explorer, models } = useSubject();
  const draft = useMemo((): EditDraft | null => {
    if (edit === null) return null;
    const names = models.map(({ name }) => name);
    const best = names.flatMap((name) => sample.predictions[name]?.slice(0, MOST_CLASSES) ?? []);
    const classes = [...new Set(best.map(({ index }) => index))].slice(0, MOST_CLASSES);
    return { edit, models: names, classes };
  }, [sample, edit, models]);
  const [rested] = useDebouncedValue(draft, REST);
  const query = useEditPredictions(explorer.id, sample.index, draft === null ? null : rested);
  const found = query.data ?? null;
  return {
    found,
    stale: draft === null || rested !== draft || query.isPlaceholderData || found === null,
    error: query.error ? toErrorBody(query.error) : null,
    retry: () => void query.refetch(),
  };
}

/** Keeps the edit as a sample beside the original. */
export function useKeep(sample: Sample, onDone: () => void) {
  const { explorer } = useSubject();
  const { show } = useOwnList();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorBody | null>(null);
  const run = (edit: Edit): void => {
    setBusy(true);
    setError(null);
    editSample(explorer.id, sample.index, edit)
      .then(
        (made) => {
          show(made);
          onDone();
        },
        (failure: unknown) => setError(toErrorBody(failure)),
      )
      .finally(() => setBusy(false));
  };
  return { busy, error, run };
}
