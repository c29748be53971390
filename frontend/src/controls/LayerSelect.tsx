import { useEffect, useEffectEvent, useState, type ReactElement } from "react";

import type { ModelDescription } from "../api/types";
import { changePage, useAsk } from "../state/services";
import { needsLayer, unavailable } from "../state/settings";
import { isQuick } from "../state/steps";
import { TESTID } from "../testids";
import { errorText, useText } from "../text";
import { useFetchAction } from "../views/actions";
import { useFreshness } from "../views/freshness";
import { useWorkspace } from "../views/workspace";
import { Group, Help } from "./Field";
import { LayerPicker } from "./layers/LayerPicker";

/** One choice for each model, for methods that look at a layer. */
export function LayerSelect(): ReactElement | null {
  const text = useText();
  const { settings, forecast } = useWorkspace();
  if (!needsLayer(settings.method)) return null;
  const models = settings.models.filter(({ name }) => unavailable(settings.method, name) === null);
  const error = forecast.errors.layer;
  return (
    <Group title={text.settings.layer}>
      {models.map((model) => (
        <ModelLayer
          key={model.name}
          model={model}
          titled={models.length > 1}
          error={error ? errorText(text, error) : null}
        />
      ))}
    </Group>
  );
}

interface ModelLayerProps {
  model: ModelDescription;
  titled: boolean;
  error: string | null;
}

function ModelLayer({ model, titled, error }: ModelLayerProps): ReactElement {
  const text = useText();
  const ask = useAsk();
  const { settings } = useWorkspace();
  const value = settings.layers[model.name] ?? null;
  const choose = (name: string): void => changePage({ ask: { layers: { ...ask.layers, [model.name]: name } } });
  const { onStep, slowSeconds } = useStepping(value);
  return (
    <>
      <LayerPicker
        model={model}
        method={settings.method}
        value={value}
        titled={titled}
        error={error}
        onChange={choose}
        onStep={(name) => {
          choose(name);
          onStep(name);
        }}
      />
      <div role="status" data-testid={TESTID.layerStep}>
        {slowSeconds !== null && <Help>{text.layers.slow(text.fetch.about(slowSeconds))}</Help>}
      </div>
    </>
  );
}

const PAUSE = 350;

/** Fetches by itself what a step led to, once the reader pauses, where that is quick; tells where it is not. */
function useStepping(layer: string | null): { onStep: (to: string) => void; slowSeconds: number | null } {
  const { forecast, activity } = useWorkspace();
  const { fetch } = useFetchAction();
  const freshness = useFreshness();
  const [stepped, setStepped] = useState<{ to: string; slow: boolean } | null>(null);
  const here = stepped?.to === layer;
  const known = forecast.current && (forecast.etaSeconds !== null || forecast.stored === forecast.total);
  const go = useEffectEvent(() => {
    if (isQuick(forecast.etaSeconds, forecast.stored, forecast.total)) {
      setStepped(null);
      fetch();
    } else setStepped(stepped && { ...stepped, slow: true });
  });
  const pending = here && known && !stepped.slow;
  useEffect(() => {
    if (!pending) return;
    const timer = setTimeout(() => go(), PAUSE);
    return () => clearTimeout(timer);
  }, [pending, layer]);
  const told = here && stepped.slow && freshness !== "fresh" && activity.active.length === 0;
  return {
    onStep: (to) => setStepped({ to, slow: false }),
    slowSeconds: told ? forecast.etaSeconds : null,
  };
}
