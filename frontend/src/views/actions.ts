/** What a click or a key does. */

import type { Sample, TargetChoice } from "../api/types";
import { stampOf, type Stamp } from "../state/launches";
import { changePage, fetching } from "../state/services";
import { buildRequest, isAvailable, type ColumnRequest } from "../state/settings";
import { columnFreshness } from "./freshness";
import { useLatest, useSubject } from "./workspace";

interface FetchAction {
  fetch: () => void;
  cancel: () => void;
}

export function useFetchAction(): FetchAction {
  const latest = useLatest();
  const cancel = (): void => void fetching.cancel(latest().explorer.id);
  return {
    cancel,
    fetch: () => {
      const workspace = latest();
      const { description, columns, samples, requests, forecast, activity } = workspace;
      const [elsewhere] = forecast.elsewhere.keys();
      if (forecast.current && Object.keys(forecast.errors).length > 0) {
        document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
        return;
      }
      if (forecast.current && elsewhere !== undefined) {
        changePage({ ask: { columns: columns.map(({ ask }) => ask), selected: elsewhere } });
        return;
      }
      if (activity.active.length > 0) cancel();
      changePage({ fetched: true });
      const fresh = new Set(
        columns.filter((column) => columnFreshness(workspace, column) === "fresh").map(({ id }) => id),
      );
      const missing = requests.filter(({ column }) => !fresh.has(column));
      void fetching.launch(missing.length > 0 ? missing : requests, "fetch", stampOf(description, samples.items));
    },
  };
}

/** Explains another class of one sample at once, in the columns of these numbers. */
export function useExplainInstead(): (sample: Sample, ids: readonly number[], target: TargetChoice) => void {
  const { description, columns } = useSubject();
  return (sample, ids, target) => {
    const meant = columns.filter(({ id }) => ids.includes(id));
    const changed = columns.map((column) => {
      if (!meant.includes(column)) return column.ask;
      const model = column.model.name;
      const others = column.ask.retargets.filter((one) => one.sample !== sample.index || one.model !== model);
      const isUsual = column.target === "predicted" && sample.predictions[model]?.[0]?.index === target;
      return { ...column.ask, retargets: isUsual ? others : [...others, { sample: sample.index, model, target }] };
    });
    changePage({ ask: { columns: changed } });
    const requests = meant.filter(isAvailable).map((column) => ({
      column: column.id,
      request: buildRequest(column, [sample.index], target),
    }));
    void fetching.launch(requests, "cell", stampOf(description, [sample]));
  };
}

export function retry({ column, request }: ColumnRequest, sample: number, stamp: Stamp): void {
  void fetching.launch([{ column, request: { ...request, samples: [sample] } }], "cell", stamp);
}
