/** Gathers what the page shows, for the exports: the one place that knows how a grid's cells are found. */

import { useQueryClient, type QueryClient } from "@tanstack/react-query";

import { resultOptions, type Result } from "../../api/queries";
import { getEvidence, getImageFile } from "../../api/routes";
import type { Sample } from "../../api/types";
import { isPictured } from "../../features";
import { contributions } from "../../features/netShares";
import { decodePicture, formatValue, maskOutline } from "../../heatmap";
import type { Words } from "../../share/pieces";
import type { ShownCell, ShownGrid, ShownInput } from "../../share/shown";
import { cellOf, isForeign } from "../../state/launches";
import { isOwn } from "../../state/own";
import type { Display } from "../../state/page";
import { useDisplay } from "../../state/services";
import { signOf } from "../../state/sign";
import { useText, type Text } from "../../text";
import { columnTitles, describeColumns } from "../../text/columns";
import { describeCompleteness, describeResult } from "../../text/describe";
import { nameOf } from "../own/SampleName";
import { sharedKey } from "../shared";
import { useLatest, useShown, useSubject, type Workspace } from "../workspace";

/** A finished map on the page. */
export interface Found {
  readonly sample: Sample;
  readonly title: string;
  readonly result: Result;
}

export interface Collector {
  /** The maps shown, in the order of the page; fails where there are none. */
  readonly maps: (signal: AbortSignal) => Promise<Found[]>;
  /** All that is shown, images included. */
  readonly grid: (signal: AbortSignal) => Promise<ShownGrid>;
  /** "samples 0-7" */
  readonly range: string;
  readonly method: string;
}

/** There is nothing to export. */
export class NoMaps extends Error {
  override readonly name = "NoMaps";
}

export function useCollector(): Collector {
  const client = useQueryClient();
  const text = useText();
  const display = useDisplay();
  const latest = useLatest();
  const { columns } = useSubject();
  const indices = useShown()
    .samples.items.map(({ index }) => index)
    .filter((index) => !isOwn(index));
  const maps = (signal: AbortSignal): Promise<Found[]> => findMaps(client, text, latest(), signal);
  return {
    maps,
    grid: async (signal) => gather(text, latest(), display, await maps(signal), signal),
    range: indices.length === 0 ? "" : text.share.sampleRange(Math.min(...indices), Math.max(...indices)),
    method: [...new Set(columns.map(({ method }) => method.name))].join("-"),
  };
}

async function findMaps(
  client: QueryClient,
  text: Text,
  { samples, columns, cells, description }: Workspace,
  signal: AbortSignal,
): Promise<Found[]> {
  const titles = columns.length > 1 ? columnTitles(text, columns, description.classes ?? []) : [];
  const wanted = samples.items.flatMap((sample) =>
    columns.flatMap(({ id }, i) => {
      const { shown } = cellOf(cells, id, sample.index);
      if (!shown?.item.key || isForeign(shown.stamp, sample)) return [];
      return [{ sample, title: titles[i] ?? "", key: shown.item.key }];
    }),
  );
  if (wanted.length === 0) throw new NoMaps();
  const found = await Promise.all(
    wanted.map(async ({ key, ...rest }) => ({ ...rest, result: await client.query(resultOptions(key)) })),
  );
  signal.throwIfAborted();
  return found;
}

async function gather(
  text: Text,
  workspace: Workspace,
  display: Display,
  found: readonly Found[],
  signal: AbortSignal,
): Promise<ShownGrid> {
  const { description, explorer, samples, columns } = workspace;
  const rows = samples.items.flatMap((sample) => {
    const cells = found.filter((one) => one.sample === sample);
    return cells.length === 0 ? [] : [{ sample, cells }];
  });
  const evidence = display.evidence;
  return {
    title: description.name,
    subtitle: describeColumns(text, columns),
    display,
    rows: await Promise.all(
      rows.map(async ({ sample, cells }) => ({
        sample: sample.index,
        number: isOwn(sample.index) ? nameOf(text, sample, description) : text.sample.number(sample.index),
        label: sample.label?.name ?? null,
        inputs: await loadInputs(explorer.id, sample, evidence, signal),
        cells: cells.map((cell) => shownCell(text, workspace, cell)),
      })),
    ),
  };
}

export function shownCell(text: Text, { description }: Pick<Workspace, "description">, found: Found): ShownCell {
  const { info, maps } = found.result;
  const method = description.methods.find(({ id }) => id === info.method);
  const { how, what } = describeResult(text, info, description);
  const sum = describeCompleteness(text, info, description);
  const { features } = found.sample;
  const pictured = new Set(features.filter(isPictured).map(({ name }) => name));
  const drawn = new Set(features.flatMap(({ name, kind }) => (kind === "empty" ? [] : [name])));
  return {
    title: found.title,
    captions: [what, how, ...(sum ? [sum.words] : []), ...info.notices.map(({ message }) => message)],
    sign: signOf("auto", method, info.smoothing),
    group: sharedKey(info),
    info,
    maps: info.maps.flatMap(({ feature, interpolation }) => {
      const map = maps[feature];
      return map && drawn.has(feature) && (!map.units || pictured.has(feature))
        ? [{ feature, interpolation, map }]
        : [];
    }),
    shares:
      features.length > 1
        ? contributions(
            maps,
            features.map(({ name }) => name),
          )
        : [],
  };
}

/** The inputs as they are drawn; those that are not shown are left out. */
export async function loadInputs(
  explorer: string,
  { index, features }: Sample,
  evidence: boolean,
  signal: AbortSignal,
): Promise<ShownInput[]> {
  const found = await Promise.all(
    features.map(async (feature): Promise<ShownInput | null> => {
      const { name, width } = feature;
      if (feature.kind === "empty") return null;
      const mask = evidence && feature.evidence ? await getEvidence(explorer, index, name, signal) : null;
      const decides = mask ? Array.from(mask.data, (value) => value !== 0) : [];
      if (feature.kind === "text") return { kind: "text", feature: name, width, words: feature.words, decides };
      if (feature.kind === "table") return { kind: "table", feature: name, width, rows: feature.rows, decides };
      const file = await getImageFile(explorer, index, name, signal);
      const picture = await decodePicture(new Blob([file]));
      return {
        kind: "image",
        feature: name,
        file,
        picture,
        outline: mask && maskOutline(mask.data, width, feature.height),
      };
    }),
  );
  return found.filter((input) => input !== null);
}

/** What pictures say. */
export function pictureWords({ display, features }: Text, foot: string): Words {
  const { attribution, contributions: shares } = features;
  return { panels: display.panelNames, attribution, contributions: shares, value: formatValue, foot };
}
