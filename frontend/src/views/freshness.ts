import { cellFreshness, overall, type Freshness, type Wanted } from "../state/freshness";
import { cellKey, EMPTY_CELL } from "../state/launches";
import { useAsk } from "../state/services";
import { unavailable } from "../state/settings";
import { useWorkspace } from "./workspace";

export function useWanted(): Wanted {
  const { description, settings } = useWorkspace();
  const ask = useAsk();
  return { description, settings, ask };
}

/** Whether the maps on the page are what Fetch would bring. */
export function useFreshness(): Freshness {
  const { settings, samples, cells } = useWorkspace();
  const wanted = useWanted();
  const models = settings.models.filter(({ name }) => unavailable(settings.method, name) === null);
  return overall(
    samples.items.flatMap((sample) =>
      models.map((model) =>
        cellFreshness(cells.get(cellKey(model.name, sample.index)) ?? EMPTY_CELL, wanted, model, sample),
      ),
    ),
  );
}
