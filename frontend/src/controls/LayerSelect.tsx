import { useEffect, useEffectEvent, useState, type ReactElement } from "react";

import { isAvailable, needsLayer } from "../state/settings";
import { isQuick } from "../state/steps";
import { TESTID } from "../testids";
import { errorText, useText } from "../text";
import { useFetchAction } from "../views/actions";
import { useChangeColumn } from "../views/columns";
import { useFreshness } from "../views/freshness";
import { useForecast, useProgress, useSubject } from "../views/workspace";
import { Group, Help } from "./Field";
import { LayerPicker } from "./layers/LayerPicker";

/** For methods that look at a layer. */
export function LayerSelect(): ReactElement | null {
  const text = useText();
  const { settings } = useSubject();
  const forecast = useForecast();
  const change = useChangeColumn();
  const { onStep, slow } = useStepping(settings.layer);
  if (!needsLayer(settings.method) || !isAvailable(settings)) return null;
  const { model, method, layer } = settings;
  const error = forecast.errors.layer;
  const choose = (name: string): void =>
    change(({ ask, model: other }) => (other === model ? { layers: { ...ask.layers, [model.name]: name } } : {}));
  return (
    <Group title={text.settings.layer}>
      <LayerPicker
        key={model.name}
        model={model}
        method={method}
        value={layer}
        error={error ? errorText(text, error) : null}
        onChange={choose}
        onStep={(name) => {
          choose(name);
          onStep(name);
        }}
      />
      <div role="status" data-testid={TESTID.layerStep}>
        {slow && forecast.etaSeconds !== null && <Slow seconds={forecast.etaSeconds} />}
      </div>
    </Group>
  );
}

/** Until the step's maps are on their way. */
function Slow({ seconds }: { seconds: number }): ReactElement | null {
  const text = useText();
  const { activity } = useProgress();
  const freshness = useFreshness();
  if (freshness === "fresh" || activity.active.length > 0) return null;
  return <Help>{text.layers.slow(text.fetch.about(seconds))}</Help>;
}

const PAUSE = 350;

/** Fetches by itself what a step led to, once the reader pauses, where that is quick; tells where it is not. */
function useStepping(layer: string | null): { onStep: (to: string) => void; slow: boolean } {
  const forecast = useForecast();
  const { fetch } = useFetchAction();
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
  return { onStep: (to) => setStepped({ to, slow: false }), slow: here && stepped.slow };
}
