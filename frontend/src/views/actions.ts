/** What a click or a key does. */

import type { AttributionRequest, Sample, TargetChoice } from "../api/types";
import { stampOf, type Stamp } from "../state/launches";
import type { Retarget } from "../state/page";
import { changePage, fetching, useAsk } from "../state/services";
import { buildRequest, unavailable } from "../state/settings";
import { useSubject, useWorkspace } from "./workspace";

interface FetchAction {
  fetch: () => void;
  cancel: () => void;
}

export function useFetchAction(): FetchAction {
  const { explorer, description, samples, requests, forecast, activity } = useWorkspace();
  const cancel = (): void => void fetching.cancel(explorer.id);
  return {
    cancel,
    fetch: () => {
      if (forecast.current && Object.keys(forecast.errors).length > 0) {
        document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
        return;
      }
      if (activity.active.length > 0) cancel();
      changePage({ fetched: true });
      void fetching.launch(requests, "fetch", stampOf(description, samples.items));
    },
  };
}

/** Explains another class of one sample, for the models named, at once. */
export function useExplainInstead(): (sample: Sample, models: readonly string[], target: TargetChoice) => void {
  const ask = useAsk();
  const { description, settings } = useSubject();
  return (sample, models, target) => {
    const others = ask.retargets.filter((entry) => entry.sample !== sample.index || !models.includes(entry.model));
    const isUsual = (model: string): boolean =>
      settings.target === "predicted" && sample.predictions[model]?.[0]?.index === target;
    const added = models
      .filter((model) => !isUsual(model))
      .map((model): Retarget => ({ sample: sample.index, model, target }));
    changePage({ ask: { retargets: [...others, ...added] } });
    const requests = models
      .filter((model) => unavailable(settings.method, model) === null)
      .map((model) => buildRequest(settings, model, [sample.index], target));
    void fetching.launch(requests, "cell", stampOf(description, [sample]));
  };
}

export function retry(request: AttributionRequest, sample: number, stamp: Stamp): void {
  void fetching.launch([{ ...request, samples: [sample] }], "cell", stamp);
}
