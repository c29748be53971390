import { ActionIcon, Button, Select } from "@mantine/core";
import { useCallback, useMemo, useState, type ReactElement } from "react";

import { toErrorBody } from "../../api/errors";
import type { ResultInfo } from "../../api/types";
import { ChevronLeft, ChevronRight } from "../../controls/icons";
import { PixelCanvas } from "../../features/image/PixelCanvas";
import {
  channelMap,
  colourLimit,
  colourScale,
  formatShare,
  paintHeat,
  rankChannels,
  type NpyArray,
  type ScaleId,
} from "../../heatmap";
import { argumentFields } from "../../state/schema";
import { unavailable, type Settings } from "../../state/settings";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { ErrorNote } from "../ErrorNote";
import { useColumnActions } from "../columns";
import { useSubject } from "../workspace";
import classes from "./Channels.module.css";

interface ChannelsProps {
  column: Settings;
  info: ResultInfo;
  /** Of a vector, which needs no pictures. */
  units: Float32Array | null;
  /** The channels of everything else, once they are there. */
  array: NpyArray | null;
  error: unknown;
  onRetry: () => void;
  /** Null: the sum of all. */
  chosen: number | null;
  choose: (channel: number | null) => void;
  scale: ScaleId;
}

/** Thumbnails at first, and as many again for each wish for more. */
const BATCH = 24;

/** A layer's channels by magnitude, one of which can be looked at and be explained itself. */
export function Channels(props: ChannelsProps): ReactElement {
  const { column, info, units, array, error, onRetry, chosen } = props;
  const text = useText();
  const words = text.detail.channels;
  return (
    <section className={classes.channels} data-testid={TESTID.channels}>
      <header className={classes.head}>
        <h4>{units ? words.units : words.title}</h4>
        {array && !units && <Stepper {...props} array={array} />}
        {units && chosen === null && <span className={classes.hint}>{words.pick}</span>}
        {chosen !== null && <ExplainUnit column={column} info={info} unit={chosen} isChannel={!units} />}
      </header>
      {error !== null ? (
        <ErrorNote compact title={words.failed} error={toErrorBody(error)} onRetry={onRetry} />
      ) : units ? null : array ? (
        <Thumbnails {...props} array={array} />
      ) : (
        <p className={classes.hint} role="status">
          {words.loading}
        </p>
      )}
    </section>
  );
}

interface LoadedProps extends ChannelsProps {
  array: NpyArray;
}

function Stepper({ array, chosen, choose }: LoadedProps): ReactElement {
  const text = useText();
  const words = text.detail.channels;
  const ranked = useMemo(() => rankChannels(array), [array]);
  const total = ranked.reduce((sum, { magnitude }) => sum + magnitude, 0);
  const at = ranked.findIndex(({ index }) => index === chosen);
  const channel = ranked[at];
  const go = (place: number) => (): void => choose(ranked[place]?.index ?? null);
  return (
    <div className={classes.stepper}>
      <Button size="compact-sm" variant="default" aria-pressed={chosen === null} onClick={() => choose(null)}>
        {words.sum}
      </Button>
      <ActionIcon variant="default" size="sm" aria-label={words.previous} disabled={at < 0} onClick={go(at - 1)}>
        <ChevronLeft />
      </ActionIcon>
      <ActionIcon
        variant="default"
        size="sm"
        aria-label={words.next}
        disabled={at + 1 >= ranked.length}
        onClick={go(at + 1)}
      >
        <ChevronRight />
      </ActionIcon>
      {channel && (
        <span className={classes.which} aria-live="polite">
          <strong>{words.channel(channel.index)}</strong>
          <span>{words.of(at + 1, ranked.length)}</span>
          {total > 0 && <span>{words.share(formatShare(channel.magnitude / total))}</span>}
        </span>
      )}
    </div>
  );
}

function Thumbnails({ array, chosen, choose, scale }: LoadedProps): ReactElement {
  const text = useText();
  const words = text.detail.channels;
  const [most, setMost] = useState(BATCH);
  const ranked = useMemo(() => rankChannels(array), [array]);
  // One end of the colours for all, so that what is small looks small.
  const limit = useMemo(() => colourLimit(Float32Array.from(array.data), "all", 2), [array]);
  const left = ranked.length - most;
  return (
    <>
      <ol className={classes.thumbnails}>
        {ranked.slice(0, most).map(({ index }) => (
          <li key={index}>
            <button
              type="button"
              className={classes.thumbnail}
              aria-pressed={chosen === index}
              aria-label={words.channel(index)}
              data-channel={index}
              onClick={() => choose(chosen === index ? null : index)}
            >
              <Thumbnail array={array} channel={index} limit={limit} scale={scale} />
              <span>{index}</span>
            </button>
          </li>
        ))}
      </ol>
      {left > 0 && (
        <Button size="compact-sm" variant="subtle" className={classes.more} onClick={() => setMost(most + BATCH)}>
          {words.more(Math.min(left, BATCH))}
        </Button>
      )}
    </>
  );
}

interface ThumbnailProps {
  array: NpyArray;
  channel: number;
  limit: number;
  scale: ScaleId;
}

function Thumbnail({ array, channel, limit, scale }: ThumbnailProps): ReactElement {
  const map = useMemo(() => channelMap(array, channel), [array, channel]);
  const paint = useCallback(
    (out: Uint32Array) => paintHeat(map.values, { sign: "all", limit }, colourScale(scale), out),
    [map, limit, scale],
  );
  const label = useText().detail.channels.channel(channel);
  return <PixelCanvas width={map.width} height={map.height} paint={paint} label={label} kind="channel" />;
}

/** The methods that explain one unit of a layer, asked for this one. */
function ExplainUnit({
  column: { id: columnId, ask },
  info,
  unit,
  isChannel,
}: {
  column: Settings;
  info: ResultInfo;
  unit: number;
  isChannel: boolean;
}): ReactElement | null {
  const text = useText();
  const { change } = useColumnActions();
  const { description } = useSubject();
  const methods = description.methods.filter(
    (method) =>
      method.space === "neuron" &&
      unavailable(method, info.model) === null &&
      argumentFields(method).some(({ name }) => name === "unit"),
  );
  const layer = info.layer;
  if (methods.length === 0 || layer === null) return null;
  const label = (isChannel ? text.detail.channels.explainChannel : text.detail.channels.explain)(unit);
  const explain = (id: string): void => {
    const before = ask.arguments[id] ?? {};
    const atInput = info.arguments.attribute_to_layer_input === true;
    const chosen = { ...before, unit, ...(atInput && { attribute_to_neuron_input: true }) };
    change(
      columnId,
      {
        method: id,
        arguments: { ...ask.arguments, [id]: chosen },
        layers: { ...ask.layers, [info.model]: layer },
      },
      { step: true },
    );
  };
  return (
    <Select
      size="xs"
      w={250}
      aria-label={label}
      placeholder={label}
      data={methods.map(({ id, name }) => ({ value: id, label: name }))}
      value={null}
      comboboxProps={{ shadow: "md", width: 250 }}
      onChange={(id) => id !== null && explain(id)}
    />
  );
}
